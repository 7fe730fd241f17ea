package io.kvfunctions.functions;

import io.kvfunctions.store.Etag;
import io.kvfunctions.store.UnavailableException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why a call was not carried out, for the one who made it: a problem detail (RFC 9457) without the
 * status, which is the transport's to choose. Whatever ends in a problem has changed nothing, but
 * for a write of which that is not known: its member {@code maybeDone} is true.
 *
 * @param kind what sort of problem, told to machines
 * @param detail what is wrong in this case and what to change, told to people
 * @param members more of it for machines, by name, in order: strings, integers, booleans and lists
 *     of strings
 */
public record Problem(Kind kind, String detail, Map<String, Object> members)
    implements Get.Output, Put.Output, Delete.Output {

  /** What every {@code type} begins with. */
  public static final String TYPE_PREFIX = "urn:kvfunctions:problem:";

  /** The sorts of problems; the name in lower case with hyphens is the end of the type's URN. */
  public enum Kind {
    NOT_FOUND("Nothing here"),
    KEY_EMPTY("The key is empty"),
    KEY_TOO_LONG("The key is too long"),
    KEY_INVALID("The key is not Unicode text"),
    TTL_INVALID("The time to live is not valid"),
    BODY_INVALID("The body is not valid"),
    EVENT_INVALID("The event is not valid"),
    CURSOR_INVALID("The cursor is not valid"),
    PARAMETER_INVALID("A parameter is not valid"),
    REQUEST_INVALID("The request is not valid HTTP"),
    PRECONDITION_FAILED("The precondition does not hold"),
    METHOD_NOT_ALLOWED("The method is not allowed here"),
    REQUEST_TIMEOUT("The request took too long to arrive"),
    VALUE_TOO_LARGE("The value is too large"),
    BODY_TOO_LARGE("The body is too large"),
    BATCH_TOO_LARGE("The batch is too large"),
    URI_TOO_LONG("The request target is too long"),
    HEADERS_TOO_LARGE("The header fields are too large"),
    UNSUPPORTED_MEDIA_TYPE("The media type is not supported"),
    UNSUPPORTED_ENCODING("The content encoding is not supported"),
    STORE_FULL("The memory budget is spent"),
    UNAVAILABLE("Not available right now"),
    INTERNAL("Something went wrong here");

    private final String title;
    private final String type;

    Kind(String title) {
      this.title = title;
      this.type = TYPE_PREFIX + slug();
    }

    /** The same for every problem of the kind. */
    public String title() {
      return title;
    }

    /** The kind's URN. */
    public String type() {
      return type;
    }

    /** The end of the URN, as {@code key-too-long}. */
    public String slug() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  public Problem {
    members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
  }

  /** A problem without further members. */
  public static Problem of(Kind kind, String detail) {
    return new Problem(kind, detail, Map.of());
  }

  /** The same problem with one more member behind the others. */
  public Problem with(String member, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(members);
    more.put(member, value);
    return new Problem(kind, detail, more);
  }

  /** The same problem, thrown. */
  public ProblemException asException() {
    return new ProblemException(this);
  }

  /**
   * Something is larger than a setting allows.
   *
   * @param what the thing and its unit: {@code "key is %s bytes"}, the number put in for the {@code
   *     %s}
   */
  public static Problem overLimit(Kind kind, String what, long actual, long limit, String setting) {
    return new Problem(
        kind,
        what.formatted(grouped(actual))
            + ", the limit is %s (%s)".formatted(grouped(limit), setting),
        ordered("limit", limit, "actual", actual));
  }

  static Problem notFound() {
    return of(Kind.NOT_FOUND, "there is no entry under this key");
  }

  /** A condition that did not hold of the entry with this etag, null where there is none. */
  public static Problem preconditionFailed(@Nullable Etag current) {
    return current == null
        ? of(
            Kind.PRECONDITION_FAILED,
            "the condition does not hold: there is no entry under this key")
        : new Problem(
            Kind.PRECONDITION_FAILED,
            "the condition does not hold of the current entry: read it again and decide anew",
            Map.of("currentEtag", current.toString()));
  }

  static Problem storeFull(long usedBytes, long budgetBytes) {
    return new Problem(
        Kind.STORE_FULL,
        "entries hold %s of %s bytes (kv.limits.memory): delete some, let some expire, or give the store more memory"
            .formatted(grouped(usedBytes), grouped(budgetBytes)),
        ordered("limit", budgetBytes, "actual", usedBytes));
  }

  /** That the entries cannot be had to read from. */
  public static Problem unavailable(UnavailableException e) {
    return of(Kind.UNAVAILABLE, String.valueOf(e.getMessage()));
  }

  /** That the entry cannot be had to write to, or that nobody knows whether it was written to. */
  static Problem unavailableToWrite(UnavailableException e) {
    Problem problem = unavailable(e);
    return e.isMaybeDone()
        ? new Problem(
            problem.kind(),
            problem.detail()
                + "; the write may or may not have been done: read the key again, or write under a"
                + " condition",
            Map.of("maybeDone", true))
        : problem;
  }

  /** A body that is not what the function takes. */
  public static Problem bodyInvalid(String detail) {
    return of(Kind.BODY_INVALID, detail);
  }

  /** A content type that is not taken, and those that are. */
  public static Problem unsupportedMediaType(String detail, List<String> supported) {
    return new Problem(
        Kind.UNSUPPORTED_MEDIA_TYPE, detail, Map.of("supported", List.copyOf(supported)));
  }

  /** The number as {@code 1,024}, wherever the server stands. */
  private static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static Map<String, Object> ordered(
      String name1, Object value1, String name2, Object value2) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put(name1, value1);
    members.put(name2, value2);
    return members;
  }
}
