package io.kvfunctions.http;

import static io.netty.handler.codec.http.HttpHeaderNames.IF_MATCH;
import static io.netty.handler.codec.http.HttpHeaderNames.IF_MODIFIED_SINCE;
import static io.netty.handler.codec.http.HttpHeaderNames.IF_NONE_MATCH;
import static io.netty.handler.codec.http.HttpHeaderNames.IF_UNMODIFIED_SINCE;

import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.ProblemException;
import io.kvfunctions.store.Condition;
import io.kvfunctions.store.Condition.Presence;
import io.kvfunctions.store.Entry;
import io.kvfunctions.store.Etag;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The conditional header fields of a request as the store's conditions (RFC 9110 §13). */
final class Preconditions {
  private Preconditions() {}

  /**
   * What must hold for a PUT or DELETE, in the order of RFC 9110 §13.2.2.
   *
   * @throws ProblemException if a list of entity tags is malformed
   */
  static Condition ofWrite(HttpHeaders headers) {
    Condition condition = mustMatch(headers);
    Tags none = Tags.of(headers, IF_NONE_MATCH, true);
    return none == null
        ? condition
        : condition.and(none.any() ? Presence.ABSENT : new Condition.NoneMatch(none.etags()));
  }

  /**
   * What must hold for a GET to be answered at all: {@code If-Match}, else {@code
   * If-Unmodified-Since}.
   */
  static Condition mustMatch(HttpHeaders headers) {
    Tags match = Tags.of(headers, IF_MATCH, false);
    if (match != null) {
      return match.any() ? Presence.PRESENT : new Condition.Match(match.etags());
    }
    OptionalLong since = date(headers, IF_UNMODIFIED_SINCE);
    return since.isPresent() ? new Condition.UnmodifiedSince(since.getAsLong()) : Presence.ANY;
  }

  /** Whether the client's copy is still good, so that a GET is answered with 304. */
  static boolean notModified(HttpHeaders headers, Entry entry) {
    Tags none = Tags.of(headers, IF_NONE_MATCH, true);
    if (none != null) {
      return none.any() || none.etags().contains(entry.etag());
    }
    OptionalLong since = date(headers, IF_MODIFIED_SINCE);
    return since.isPresent() && entry.lastModifiedMillis() / 1_000 <= since.getAsLong();
  }

  /** A field that is no date is ignored (RFC 9110 §13.1.3). */
  private static OptionalLong date(HttpHeaders headers, CharSequence name) {
    String text = headers.get(name);
    return text == null ? OptionalLong.empty() : HttpDate.parse(text);
  }

  /**
   * A list of entity tags.
   *
   * @param any whether it is {@code *}
   * @param etags those that can be ours: another server's tag is in no entry
   */
  private record Tags(boolean any, Set<Etag> etags) {

    static @Nullable Tags of(HttpHeaders headers, CharSequence name, boolean weak) {
      if (!headers.contains(name)) {
        return null;
      }
      List<String> fields = headers.getAll(name);
      String list = fields.size() == 1 ? fields.getFirst() : String.join(",", fields);
      if (list.strip().equals("*")) {
        return new Tags(true, Set.of());
      }
      Set<Etag> etags = new HashSet<>();
      int i = 0;
      boolean wanted = true; // a tag, and not a comma
      boolean some = false;
      while (i < list.length()) {
        char c = list.charAt(i);
        if (c == ' ' || c == '\t') {
          i++;
        } else if (c == ',') {
          wanted = true;
          i++;
        } else {
          boolean isWeak = list.startsWith("W/", i);
          int open = isWeak ? i + 2 : i;
          int close =
              open < list.length() && list.charAt(open) == '"' ? list.indexOf('"', open + 1) : -1;
          if (!wanted
              || close < 0
              || list.substring(open + 1, close).indexOf(' ')
                  >= 0) { // RFC 9110 §8.8.3: no space in a tag
            throw malformed(name);
          }
          Etag etag = Etag.parse(list.substring(open + 1, close));
          if (etag != null && (weak || !isWeak)) {
            etags.add(etag);
          }
          some = true;
          wanted = false;
          i = close + 1;
        }
      }
      if (!some) {
        throw malformed(name);
      }
      return new Tags(false, etags);
    }

    private static ProblemException malformed(CharSequence name) {
      return Problem.of(
              Problem.Kind.PARAMETER_INVALID,
              "%s is * or a list of quoted etags, as \"AZ…\", \"BY…\"".formatted(name))
          .asException();
    }
  }
}
