package io.kvfunctions.http;

import io.kvfunctions.functions.Percent;
import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.ProblemException;
import io.kvfunctions.store.Utf8;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A request target taken apart (RFC 9112 §3.2), nothing of it decoded yet. Each character stands
 * for one byte as it came, so that UTF-8 that a client did not encode can be told from what is
 * none.
 *
 * @param path from the first slash to before the query
 * @param query behind the first question mark, or null where there is none
 */
record Target(String path, @Nullable String query) {

  static Target parse(String uri) {
    String target = uri;
    if (!uri.startsWith("/")) {
      int authority = schemeLength(uri);
      if (authority > 0) { // absolute form
        int slash = uri.indexOf('/', authority);
        int mark = uri.indexOf('?', authority);
        if (slash == authority || mark == authority || uri.length() == authority) {
          throw Problem.of(
                  Problem.Kind.REQUEST_INVALID, "the target names no host (RFC 9110 §4.2.1)")
              .asException();
        }
        if (slash < 0 || (mark >= 0 && mark < slash)) {
          target = "/" + (mark < 0 ? "" : uri.substring(mark));
        } else {
          target = uri.substring(slash);
        }
      }
    }
    int mark = target.indexOf('?');
    return mark < 0
        ? new Target(target, null)
        : new Target(target.substring(0, mark), target.substring(mark + 1));
  }

  private static int schemeLength(String uri) {
    for (String scheme : new String[] {"http://", "https://"}) {
      if (uri.regionMatches(true, 0, scheme, 0, scheme.length())) {
        return scheme.length();
      }
    }
    return 0;
  }

  /**
   * Percent-decodes once, as strict UTF-8.
   *
   * @param what what to call it where it is wrong
   * @throws ProblemException of this kind if a percent sign is not followed by two hexadecimal
   *     digits, or the bytes are not UTF-8
   */
  static String decode(String raw, Problem.Kind kind, String what) {
    int plain = 0;
    while (plain < raw.length() && raw.charAt(plain) != '%' && raw.charAt(plain) < 0x80) {
      plain++;
    }
    if (plain == raw.length()) {
      return raw;
    }
    byte[] bytes = raw.getBytes(StandardCharsets.ISO_8859_1);
    int length = Percent.decode(bytes, plain);
    if (length < 0) {
      throw Problem.of(
              kind,
              String.format(
                  Locale.ROOT,
                  "%s has a %% without two hexadecimal digits behind it at byte %,d: write %%25"
                      + " for a %%",
                  what,
                  ~length + 1))
          .asException();
    }
    String text = Utf8.decode(bytes, 0, length);
    if (text == null) {
      throw Problem.of(kind, what + " is not UTF-8").asException();
    }
    return text;
  }

  /** Percent-encodes all but the unreserved characters (RFC 3986 §2.3). */
  static String encode(String text) {
    StringBuilder encoded = new StringBuilder(text.length() + 16);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if ((b >= 'a' && b <= 'z')
          || (b >= 'A' && b <= 'Z')
          || (b >= '0' && b <= '9')
          || "-._~".indexOf(b) >= 0) {
        encoded.append((char) b);
      } else {
        encoded.append('%').append(hex(b >> 4)).append(hex(b));
      }
    }
    return encoded.toString();
  }

  private static char hex(int digit) {
    return "0123456789ABCDEF".charAt(digit & 0xf);
  }
}
