package io.kvfunctions.http;

import static io.netty.handler.codec.http.HttpHeaderNames.ACCEPT_ENCODING;
import static io.netty.handler.codec.http.HttpHeaderNames.ALLOW;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;
import static io.netty.handler.codec.http.HttpHeaderNames.ETAG;
import static io.netty.handler.codec.http.HttpHeaderNames.RETRY_AFTER;
import static io.netty.handler.codec.http.HttpHeaderValues.IDENTITY;

import io.kvfunctions.events.Outcome.Done;
import io.kvfunctions.functions.Json;
import io.kvfunctions.functions.Problem;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.AsciiString;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * An answer with all that belongs to it at hand. The one place where a status is chosen for a
 * problem.
 *
 * @param status the status
 * @param headers all but those of framing and {@code Date}, which the connection adds
 * @param body what follows, perhaps nothing
 * @param outcome the status in a word, for the metrics
 */
record Answer(HttpResponseStatus status, HttpHeaders headers, ByteBuffer body, String outcome)
    implements Plan.Reply {
  static final AsciiString JSON = AsciiString.cached("application/json");
  static final AsciiString NDJSON = AsciiString.cached("application/x-ndjson");
  static final AsciiString PROBLEM_JSON = AsciiString.cached("application/problem+json");

  static final AsciiString YAML = AsciiString.cached("application/yaml");

  private static final AsciiString KV_EVENT = AsciiString.cached("kv-event");

  static final String OK = "ok";

  /** How long to wait before trying again what is not available, in seconds. */
  private static final String RETRY_AFTER_SECONDS = "1";

  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0).asReadOnlyBuffer();

  // Names and values are ours, or were checked when they came in.
  private static final DefaultHttpHeadersFactory HEADERS =
      DefaultHttpHeadersFactory.headersFactory().withValidation(false);

  static HttpHeaders newHeaders() {
    return HEADERS.newHeaders();
  }

  /** An answer that is all in its status. */
  static Answer of(HttpResponseStatus status) {
    return new Answer(status, newHeaders(), EMPTY, OK);
  }

  static Answer of(HttpResponseStatus status, AsciiString contentType, ByteBuffer body) {
    return new Answer(status, newHeaders().set(CONTENT_TYPE, contentType), body, OK);
  }

  /** The same with another header field. */
  Answer with(CharSequence name, Object value) {
    headers.set(name, value);
    return this;
  }

  /** A problem, told. */
  static Answer of(Problem problem) {
    Answer answer = problem(problem, status(problem.kind()), generator -> {});
    @Nullable Object currentEtag = problem.members().get("currentEtag");
    if (currentEtag != null) {
      answer.with(ETAG, "\"" + currentEtag + "\"");
    }
    return switch (problem.kind()) {
      case UNAVAILABLE -> answer.with(RETRY_AFTER, RETRY_AFTER_SECONDS);
      case UNSUPPORTED_ENCODING -> answer.with(ACCEPT_ENCODING, IDENTITY);
      default -> answer;
    };
  }

  /**
   * That an event, or the events of a batch, need no more doing; null where there were none. It has
   * no body and none of the event's attributes: a broker would take either for an event in reply.
   */
  static Answer ofEvent(@Nullable Done done) {
    Answer answer = of(HttpResponseStatus.NO_CONTENT);
    return done == null ? answer : answer.with(KV_EVENT, done.word());
  }

  /** A problem with an event, told to whoever delivers it, with the status that has it do right. */
  static Answer ofEvent(Problem problem) {
    return ofEvent(problem, generator -> {});
  }

  /**
   * The same with more members.
   *
   * @param more writes them, behind those of the problem
   */
  static Answer ofEvent(Problem problem, Consumer<JsonGenerator> more) {
    int status = statusOfEvent(problem.kind());
    Answer answer = problem(problem, status, more);
    return status == 503 ? answer.with(RETRY_AFTER, RETRY_AFTER_SECONDS) : answer;
  }

  private static Answer problem(Problem problem, int status, Consumer<JsonGenerator> more) {
    ByteArrayOutputStream body = new ByteArrayOutputStream(256);
    try (JsonGenerator generator = Json.generator(body)) {
      Json.writeProblem(problem, status, generator, more);
    }
    return new Answer(
        HttpResponseStatus.valueOf(status),
        newHeaders().set(CONTENT_TYPE, PROBLEM_JSON),
        ByteBuffer.wrap(body.toByteArray()),
        problem.kind().slug());
  }

  /** The methods there are. */
  static Answer options(String allow) {
    return of(HttpResponseStatus.NO_CONTENT).with(ALLOW, allow);
  }

  /** That the method is not one of those there are. */
  static Answer methodNotAllowed(String method, String allow) {
    return of(Problem.of(
            Problem.Kind.METHOD_NOT_ALLOWED,
            "%s is not for this path, it takes %s".formatted(method, allow)))
        .with(ALLOW, allow);
  }

  /** The status of a problem. */
  static int status(Problem.Kind kind) {
    return switch (kind) {
      case KEY_EMPTY,
          KEY_TOO_LONG,
          KEY_INVALID,
          TTL_INVALID,
          BODY_INVALID,
          EVENT_INVALID,
          CURSOR_INVALID,
          PARAMETER_INVALID,
          REQUEST_INVALID ->
          400;
      case NOT_FOUND -> 404;
      case METHOD_NOT_ALLOWED -> 405;
      case REQUEST_TIMEOUT -> 408;
      case PRECONDITION_FAILED -> 412;
      case VALUE_TOO_LARGE, BODY_TOO_LARGE, BATCH_TOO_LARGE -> 413;
      case URI_TOO_LONG -> 414;
      case UNSUPPORTED_MEDIA_TYPE, UNSUPPORTED_ENCODING -> 415;
      case HEADERS_TOO_LARGE -> 431;
      case INTERNAL -> 500;
      case UNAVAILABLE -> 503;
      case STORE_FULL -> 507;
    };
  }

  /**
   * The status of a problem with an event. A broker tries again after any status of 5xx, and heeds
   * {@code Retry-After} with 429 and 503 only: so what takes its time to pass is 503.
   */
  static int statusOfEvent(Problem.Kind kind) {
    return kind == Problem.Kind.STORE_FULL ? 503 : status(kind);
  }
}
