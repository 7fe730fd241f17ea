package io.kvfunctions.http;

import static io.netty.handler.codec.http.HttpHeaderNames.CACHE_CONTROL;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_RANGE;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;
import static io.netty.handler.codec.http.HttpHeaderNames.ETAG;
import static io.netty.handler.codec.http.HttpHeaderNames.LAST_MODIFIED;
import static io.netty.handler.codec.http.HttpHeaderValues.NO_CACHE;

import io.kvfunctions.functions.Delete;
import io.kvfunctions.functions.Get;
import io.kvfunctions.functions.Ignored;
import io.kvfunctions.functions.Limits;
import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.ProblemException;
import io.kvfunctions.functions.Put;
import io.kvfunctions.functions.Ttl;
import io.kvfunctions.store.Condition;
import io.kvfunctions.store.ContentType;
import io.kvfunctions.store.Entry;
import io.kvfunctions.store.Etag;
import io.kvfunctions.store.TimeToLive;
import io.kvfunctions.store.Value;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.AsciiString;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code /kv/{key}}: an entry as a resource of HTTP, its value the raw body. Safe for any number of
 * threads.
 *
 * <p>Its methods throw {@link ProblemException} where a header field is wrong; nothing has been
 * done then.
 */
final class Resource {
  static final AsciiString KV_TTL = AsciiString.cached("kv-ttl");

  private final Function<Get.Input, Get.Output> get;
  private final Function<Put.Input, Put.Output> put;
  private final Function<Delete.Input, Delete.Output> delete;
  private final Limits limits;
  private final Calling calling;

  Resource(
      Function<Get.Input, Get.Output> get,
      Function<Put.Input, Put.Output> put,
      Function<Delete.Input, Delete.Output> delete,
      Limits limits,
      Calling calling) {
    this.get = get;
    this.put = put;
    this.delete = delete;
    this.limits = limits;
    this.calling = calling;
  }

  Plan get(HttpRequest request, String key) {
    return calling.reply(0, () -> got(request.headers(), key));
  }

  private Answer got(HttpHeaders request, String key) {
    return switch (get.apply(new Get.Input(key))) {
      case Get.Found(String k, Entry entry, long ttlSeconds) -> found(request, entry, ttlSeconds);
      case Problem problem -> Answer.of(problem);
    };
  }

  private static Answer found(HttpHeaders request, Entry entry, long ttlSeconds) {
    if (!Preconditions.mustMatch(request).holds(entry)) {
      return Answer.of(Problem.preconditionFailed(entry.etag()));
    }
    boolean notModified = Preconditions.notModified(request, entry);
    HttpHeaders headers = Answer.newHeaders();
    if (!notModified) {
      headers.set(CONTENT_TYPE, entry.contentType().toString());
    }
    headers.set(ETAG, quoted(entry.etag()));
    headers.set(LAST_MODIFIED, HttpDate.format(entry.lastModifiedMillis()));
    headers.set(CACHE_CONTROL, NO_CACHE);
    if (ttlSeconds > 0) {
      headers.set(KV_TTL, Long.toString(ttlSeconds));
    }
    return notModified
        ? new Answer(
            HttpResponseStatus.NOT_MODIFIED, headers, ByteBuffer.allocate(0), "not-modified")
        : new Answer(HttpResponseStatus.OK, headers, entry.value(), Answer.OK);
  }

  Plan put(HttpRequest request, String key) {
    HttpHeaders headers = request.headers();
    if (headers.contains(CONTENT_RANGE)) {
      throw Problem.of(
              Problem.Kind.PARAMETER_INVALID,
              "a value is written whole: send it without Content-Range (RFC 9110 §14.5)")
          .asException();
    }
    ContentType contentType = contentType(headers);
    TimeToLive ttl = ttl(headers);
    Condition condition = Preconditions.ofWrite(headers);
    return new Plan.Body(
        limits.valueBytes(),
        bytes -> Objects.requireNonNull(limits.checkValue(bytes)),
        body -> {
          Value value = Value.copyOf(body.nioBuffer(), contentType);
          return calling.reply(0, () -> put(new Put.Input(key, value, ttl, condition)));
        });
  }

  private Answer put(Put.Input input) {
    return switch (put.apply(input)) {
      case Put.Stored(String k, Etag etag, boolean created) ->
          Answer.of(created ? HttpResponseStatus.CREATED : HttpResponseStatus.NO_CONTENT)
              .with(ETAG, quoted(etag));
      case Ignored ignored -> throw notAnEvent(ignored);
      case Problem problem -> Answer.of(problem);
    };
  }

  Plan delete(HttpRequest request, String key) {
    Delete.Input input = new Delete.Input(key, Preconditions.ofWrite(request.headers()));
    return calling.reply(0, () -> delete(input));
  }

  private Answer delete(Delete.Input input) {
    return switch (delete.apply(input)) {
      case Delete.Gone gone -> Answer.of(HttpResponseStatus.NO_CONTENT);
      case Ignored ignored -> throw notAnEvent(ignored);
      case Problem problem -> Answer.of(problem);
    };
  }

  private static IllegalStateException notAnEvent(Ignored ignored) {
    return new IllegalStateException("no event asked for a write that was ignored: " + ignored);
  }

  private static ContentType contentType(HttpHeaders headers) {
    String text = headers.get(CONTENT_TYPE);
    if (text == null || text.isEmpty()) {
      return ContentType.OCTET_STREAM;
    }
    try {
      return ContentType.of(text);
    } catch (IllegalArgumentException e) {
      throw Problem.of(Problem.Kind.PARAMETER_INVALID, String.valueOf(e.getMessage()))
          .asException();
    }
  }

  private static TimeToLive ttl(HttpHeaders headers) {
    @Nullable String text = headers.get(KV_TTL);
    if (text == null) {
      return TimeToLive.NONE;
    }
    List<String> all = headers.getAll(KV_TTL);
    // A second field would leave it to chance which one counts.
    return Ttl.parse(all.size() == 1 ? text : String.join(", ", all));
  }

  private static String quoted(Etag etag) {
    return "\"" + etag + "\"";
  }
}
