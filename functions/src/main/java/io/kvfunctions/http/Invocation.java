package io.kvfunctions.http;

import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;

import io.kvfunctions.functions.Get;
import io.kvfunctions.functions.Json;
import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.ProblemException;
import io.kvfunctions.store.Utf8;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.AsciiString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * {@code POST /get}, {@code /put}, {@code /delete}: one of the functions called, once or for each
 * element of a batch. Safe for any number of threads.
 *
 * @param <I> the function's input
 * @param <O> the function's output
 */
final class Invocation<I, O> {
  /**
   * A value beyond this is written on a thread of its own, and not by the event loop, where it
   * would have everybody wait for milliseconds; in bytes.
   */
  private static final int LARGE = 64 * 1024;

  private static final AsciiString PREFER = AsciiString.cached("prefer");
  private static final AsciiString PREFERENCE_APPLIED = AsciiString.cached("preference-applied");
  private static final String RETURN_MINIMAL = "return=minimal";

  private final Json.Form<I, O> form;
  private final Function<I, O> function;
  private final Function<O, HttpResponseStatus> success;
  private final @Nullable Function<String, I> ofText;
  private final Bounds bounds;
  private final Calling calling;
  private final List<String> supported;

  /**
   * How much a call may bring.
   *
   * @param body bytes of a body, and of a line (kv.limits.body)
   * @param batch elements of an array (kv.limits.batch)
   */
  record Bounds(int body, int batch) {
    Problem bodyTooLarge(long bytes) {
      return Problem.overLimit(
          Problem.Kind.BODY_TOO_LARGE, "body is %s bytes", bytes, body, "kv.limits.body");
    }

    Problem lineTooLong(long bytes) {
      return Problem.overLimit(
          Problem.Kind.BODY_TOO_LARGE, "line is %s bytes", bytes, body, "kv.limits.body");
    }
  }

  /**
   * @param success the status of an output that is no problem
   * @param ofText the input that a body of plain text stands for, null where there is none
   */
  Invocation(
      Json.Form<I, O> form,
      Function<I, O> function,
      Function<O, HttpResponseStatus> success,
      @Nullable Function<String, I> ofText,
      Bounds bounds,
      Calling calling) {
    this.form = form;
    this.function = function;
    this.success = success;
    this.ofText = ofText;
    this.bounds = bounds;
    this.calling = calling;
    this.supported =
        ofText == null
            ? List.of("application/json", "application/x-ndjson")
            : List.of("application/json", "application/x-ndjson", "text/plain");
  }

  /**
   * What to do with a POST.
   *
   * @throws ProblemException if its body is of a type that is not taken
   */
  Plan plan(HttpRequest request) {
    HttpHeaders headers = request.headers();
    String contentType = headers.get(CONTENT_TYPE);
    switch (contentType == null ? "" : mediaType(contentType)) {
      case "application/json" -> {
        return new Plan.Body(bounds.body(), bounds::bodyTooLarge, this::json);
      }
      case "application/x-ndjson" -> {
        boolean minimal = prefersMinimal(headers);
        return (Plan.Streamed) (in, out) -> lines(in, out, minimal);
      }
      case "text/plain" -> {
        if (ofText != null) {
          Function<String, I> of = ofText;
          return new Plan.Body(bounds.body(), bounds::bodyTooLarge, body -> text(body, of));
        }
      }
      default -> {}
    }
    throw Problem.unsupportedMediaType(
            contentType == null
                ? "the request has no Content-Type"
                : "the body's type is not one of those taken, in UTF-8: "
                    + String.join(", ", supported),
            supported)
        .asException();
  }

  /** The type and subtype in lower case, or nothing where the charset is another than UTF-8. */
  static String mediaType(String contentType) {
    String[] parts = contentType.toLowerCase(Locale.ROOT).split(";", -1);
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip();
      if (parameter.startsWith("charset=")) {
        String charset = parameter.substring("charset=".length()).replace("\"", "");
        if (!charset.equals("utf-8") && !charset.equals("us-ascii")) {
          return "";
        }
      }
    }
    return parts[0].strip();
  }

  private static boolean prefersMinimal(HttpHeaders headers) {
    for (String field : headers.getAll(PREFER)) {
      for (String preference : field.split(",", -1)) {
        String word = preference.split(";", 2)[0].replaceAll("[ \t\"]", "");
        if (word.equalsIgnoreCase(RETURN_MINIMAL)) {
          return true;
        }
      }
    }
    return false;
  }

  private Plan.Reply text(ByteBuf body, Function<String, I> of) {
    byte[] bytes = ByteBufUtil.getBytes(body);
    String key = Utf8.decode(bytes, 0, bytes.length);
    if (key == null) {
      throw Problem.of(Problem.Kind.KEY_INVALID, "the key is not UTF-8").asException();
    }
    return calling.reply(bytes.length, () -> reply(function.apply(of.apply(key))));
  }

  private Plan.Reply json(ByteBuf body) {
    byte[] bytes = ByteBufUtil.getBytes(body);
    if (isArray(bytes)) {
      return (Plan.Streamed) (in, out) -> array(bytes, out);
    }
    return calling.reply(
        bytes.length, () -> reply(function.apply(Json.read(form, bytes, 0, bytes.length))));
  }

  private static boolean isArray(byte[] json) {
    for (byte b : json) {
      if (b != ' ' && b != '\t' && b != '\n' && b != '\r') {
        return b == '[';
      }
    }
    return false;
  }

  private Plan.Reply reply(O output) {
    if (output instanceof Problem problem) {
      return Answer.of(problem);
    }
    if (output instanceof Get.Found found && found.entry().size() > LARGE) {
      return (Plan.Streamed)
          (in, out) -> {
            long held = out.hold(found.entry());
            try (JsonGenerator generator = Json.generator(out.as(Answer.JSON))) {
              form.write(output, generator, false);
            }
            out.letGo(held);
          };
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream(256);
    try (JsonGenerator generator = Json.generator(body)) {
      form.write(output, generator, false);
    }
    return Answer.of(success.apply(output), Answer.JSON, ByteBuffer.wrap(body.toByteArray()));
  }

  /**
   * The batch in an array: read whole before the first call, so that what is not JSON changes
   * nothing.
   */
  private void array(byte[] bytes, BodyOutput out) {
    List<Json.Element<I>> elements = Json.readArray(form, bytes, 0, bytes.length, bounds.batch());
    try (JsonGenerator generator = Json.generator(out.as(Answer.JSON))) {
      generator.writeStartArray();
      Group<I, O> group =
          new Group<>(
              form,
              function,
              calling,
              out,
              true,
              (input, output, number) -> {
                if (output instanceof Problem problem) {
                  writeProblem(of(input, problem), generator);
                } else {
                  form.write(output, generator, false);
                }
              });
      for (Json.Element<I> element : elements) {
        I input = element.input();
        if (input != null) {
          group.add(input, 0, form.size(input));
        } else {
          group.add(element.problemOrThrow(), 0);
        }
      }
      group.call();
      generator.writeEndArray();
    }
  }

  /**
   * The batch in lines: those that have come are called for and answered before any other is waited
   * for.
   */
  private void lines(BodyInput in, BodyOutput out, boolean minimal) throws IOException {
    if (minimal) {
      out.headers().set(PREFERENCE_APPLIED, RETURN_MINIMAL);
    }
    try (JsonGenerator generator = Json.generator(out.as(Answer.NDJSON))) {
      Totals totals = new Totals();
      out.ifItFails(totals::on);
      Group<I, O> group =
          new Group<>(
              form,
              function,
              calling,
              out,
              !minimal,
              (input, output, number) ->
                  totals.count(answer(input, output, number, generator, minimal)));
      // What has been answered so far goes out before waiting for more: a client may want the one
      // to send the other.
      Lines lines =
          new Lines(
              in,
              bounds.body(),
              () -> {
                group.call();
                generator.flush();
                out.flush();
              });
      while (lines.next()) {
        if (!lines.isBlank()) {
          take(lines, group);
        }
      }
      group.call();
      if (minimal) {
        totals.write(generator);
        generator.writeRaw('\n');
      }
    }
  }

  private void take(Lines lines, Group<I, O> group) {
    if (lines.isTooLong()) {
      group.add(bounds.lineTooLong(lines.length()), lines.number());
    } else if (lines.isWithoutRoom()) {
      group.add(Connection.noRoom(), lines.number());
    } else {
      I input;
      try {
        input = Json.read(form, lines.bytes(), lines.from(), lines.to());
      } catch (ProblemException e) {
        group.add(e.problem(), lines.number());
        return;
      }
      group.add(input, lines.number(), lines.to() - lines.from());
    }
  }

  /**
   * Answers a line unless only totals are wanted; gives the problem, if it ended in one.
   *
   * @param input null where the line is none
   */
  private @Nullable Problem answer(
      @Nullable I input, O output, long line, JsonGenerator generator, boolean minimal) {
    Problem problem = output instanceof Problem p ? of(input, p).with("line", line) : null;
    if (!minimal) {
      if (problem != null) {
        writeProblem(problem, generator);
      } else {
        form.write(output, generator, true);
      }
      generator.writeRaw('\n');
    }
    return problem;
  }

  /** The problem with the key it is about, as far as that could be read. */
  private Problem of(@Nullable I input, Problem problem) {
    return input == null ? problem : problem.with("key", form.key(input));
  }

  private static void writeProblem(Problem problem, JsonGenerator generator) {
    Json.writeProblem(problem, Answer.status(problem.kind()), generator);
  }

  /** What {@code Prefer: return=minimal} gets to hear. */
  private static final class Totals {
    private long lines;
    private long failed;
    private @Nullable Problem first;

    void count(@Nullable Problem problem) {
      lines++;
      if (problem != null) {
        failed++;
        if (first == null) {
          first = problem;
        }
      }
    }

    /** A problem with the stream itself, that what came before it is not thought undone. */
    Problem on(Problem problem) {
      return lines == 0
          ? problem
          : problem.with("lines", lines).with("succeeded", lines - failed).with("failed", failed);
    }

    void write(JsonGenerator generator) {
      generator.writeStartObject();
      generator.writeNumberProperty("lines", lines);
      generator.writeNumberProperty("succeeded", lines - failed);
      generator.writeNumberProperty("failed", failed);
      if (first != null) {
        generator.writeName("firstProblem");
        writeProblem(first, generator);
      }
      generator.writeEndObject();
    }
  }
}
