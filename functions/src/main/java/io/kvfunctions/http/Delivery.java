package io.kvfunctions.http;

import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;

import io.kvfunctions.events.Addressee;
import io.kvfunctions.events.Envelope;
import io.kvfunctions.events.Mode;
import io.kvfunctions.events.Outcome;
import io.kvfunctions.events.Outcome.Done;
import io.kvfunctions.events.Receiver;
import io.kvfunctions.functions.Json;
import io.kvfunctions.functions.Limits;
import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.ProblemException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.AsciiString;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /put} and {@code /delete} with a CloudEvent, or with several: what a broker delivers
 * (HTTP Protocol Binding for CloudEvents). Safe for any number of threads.
 *
 * <p>The answer is for a broker too: it has no body where all is well, for that would be taken for
 * an event in reply, and its status says whether to try again.
 */
final class Delivery {
  /** The mandatory attributes, any of which makes a request an event, if a broken one. */
  private static final AsciiString[] MARKS = {
    AsciiString.cached("ce-specversion"),
    AsciiString.cached("ce-id"),
    AsciiString.cached("ce-source"),
    AsciiString.cached("ce-type")
  };

  /** What every media type begins with that is an event or several (§1.4). */
  private static final String FORMATS = "application/cloudevents";

  private static final String STRUCTURED = "application/cloudevents+json";
  private static final String BATCHED = "application/cloudevents-batch+json";

  /** How many events of a batch are dealt with together; their data is that of the body. */
  private static final int MOST = 200;

  private static final List<String> SUPPORTED = List.of(STRUCTURED, BATCHED);

  private final Receiver receiver;
  private final Addressee to;
  private final Limits limits;
  private final Invocation.Bounds bounds;
  private final Calling calling;

  /**
   * @param to the function at this path
   */
  Delivery(
      Receiver receiver, Addressee to, Limits limits, Invocation.Bounds bounds, Calling calling) {
    this.receiver = receiver;
    this.to = to;
    this.limits = limits;
    this.bounds = bounds;
    this.calling = calling;
  }

  /** Whether a request brings an event. */
  static boolean isEvent(HttpRequest request) {
    HttpHeaders headers = request.headers();
    if (isFormat(headers.get(CONTENT_TYPE))) {
      return true;
    }
    for (AsciiString mark : MARKS) {
      if (headers.contains(mark)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isFormat(@Nullable String contentType) {
    return contentType != null && contentType.regionMatches(true, 0, FORMATS, 0, FORMATS.length());
  }

  /**
   * What to do with it.
   *
   * @throws ProblemException if it is in a format that is not taken
   */
  Plan plan(HttpRequest request) {
    String contentType = request.headers().get(CONTENT_TYPE);
    if (contentType == null || !isFormat(contentType)) {
      return binary(request.headers(), contentType);
    }
    return switch (Invocation.mediaType(contentType)) {
      case STRUCTURED -> whole(this::structured);
      case BATCHED -> whole(this::batched);
      default ->
          throw Problem.unsupportedMediaType(
                  "events are taken in these formats, in UTF-8: " + String.join(", ", SUPPORTED),
                  SUPPORTED)
              .asException();
    };
  }

  /** The attributes are there before the body: what is wrong with them need not wait for it. */
  private Plan binary(HttpHeaders headers, @Nullable String contentType) {
    Envelope envelope = Envelope.ofHeader(headers.iteratorCharSequence(), contentType);
    if (envelope.isRefused()) {
      return answer(receiver.receive(envelope, Mode.BINARY, to));
    }
    if (envelope.isCommand()) {
      return body(
          envelope,
          body -> {
            byte[] json = ByteBufUtil.getBytes(body);
            return calling.reply(json.length, () -> received(envelope, ByteBuffer.wrap(json)));
          });
    }
    return switch (to) {
      case DELETE -> body(envelope, body -> state(envelope, body));
      case PUT ->
          new Plan.Body(
              limits.valueBytes(),
              bytes -> refused(envelope, Objects.requireNonNull(limits.checkValue(bytes))),
              body -> state(envelope, body));
    };
  }

  private Plan.Reply state(Envelope envelope, ByteBuf body) {
    ByteBuffer data = calling.kept(body);
    return calling.reply(0, () -> received(envelope, data));
  }

  private Plan body(Envelope envelope, Function<ByteBuf, Plan.Reply> then) {
    return new Plan.Body(
        bounds.body(), bytes -> refused(envelope, bounds.bodyTooLarge(bytes)), then);
  }

  private Problem refused(Envelope envelope, Problem problem) {
    return receiver.refuse(envelope, Mode.BINARY, problem);
  }

  private Answer received(Envelope envelope, ByteBuffer data) {
    return answer(receiver.receive(envelope.with(data), Mode.BINARY, to));
  }

  private Plan whole(Function<byte[], Answer> answer) {
    return new Plan.Body(
        bounds.body(),
        bounds::bodyTooLarge,
        body -> {
          byte[] bytes = ByteBufUtil.getBytes(body);
          return calling.reply(bytes.length, () -> answer.apply(bytes));
        });
  }

  private Answer structured(byte[] body) {
    Envelope envelope = Json.read(Envelope.JSON, body, 0, body.length);
    return answer(receiver.receive(envelope, Mode.STRUCTURED, to));
  }

  private Answer batched(byte[] body) {
    BatchOutcome batch = new BatchOutcome();
    List<Envelope> group = new ArrayList<>();
    int together = calling.together(MOST);
    Json.forEach(
        Envelope.JSON,
        body,
        0,
        body.length,
        bounds.batch(),
        envelope -> {
          group.add(envelope);
          if (group.size() >= together) {
            receive(group, batch);
          }
        });
    receive(group, batch);
    return batch.answer();
  }

  private void receive(List<Envelope> group, BatchOutcome batch) {
    if (group.size() == 1) {
      Envelope alone = group.getFirst();
      batch.add(alone, receiver.receive(alone, Mode.BATCHED, to));
    } else {
      List<Outcome> outcomes = receiver.receiveAll(group, Mode.BATCHED, to);
      for (int i = 0; i < outcomes.size(); i++) {
        batch.add(group.get(i), outcomes.get(i));
      }
    }
    group.clear();
  }

  private static Answer answer(Outcome outcome) {
    return switch (outcome) {
      case Done done -> Answer.ofEvent(done);
      case Outcome.Failed(Problem problem) -> Answer.ofEvent(problem);
    };
  }
}
