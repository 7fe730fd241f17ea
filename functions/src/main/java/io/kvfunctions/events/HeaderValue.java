package io.kvfunctions.events;

import io.kvfunctions.functions.Percent;
import io.kvfunctions.functions.ProblemException;
import io.kvfunctions.store.Utf8;
import java.nio.charset.StandardCharsets;

/**
 * The value of a header field as that of an attribute (HTTP Protocol Binding for CloudEvents
 * §3.1.3.2).
 */
final class HeaderValue {
  private HeaderValue() {}

  /**
   * Unquotes, then percent-decodes once, as strict UTF-8.
   *
   * @param raw each character stands for one byte as it came
   * @throws ProblemException that names the attribute, if that is not possible
   */
  static String decode(String attribute, String raw) {
    int plain = 0;
    while (plain < raw.length() && isPlain(raw.charAt(plain))) {
      plain++;
    }
    if (plain == raw.length()) {
      return raw;
    }
    byte[] bytes =
        (raw.charAt(0) == '"' ? unquoted(attribute, raw) : raw)
            .getBytes(StandardCharsets.ISO_8859_1);
    int length = Percent.decode(bytes, 0);
    if (length < 0) {
      throw Attributes.invalid(
          attribute, "ce-%s has a % without two hexadecimal digits behind it: write %25 for a %");
    }
    String text = Utf8.decode(bytes, 0, length);
    if (text == null) {
      throw Attributes.invalid(attribute, "ce-%s is not UTF-8");
    }
    return text;
  }

  private static boolean isPlain(char c) {
    return c < 0x80 && c != '%' && c != '"';
  }

  /** What stands between the quotes, {@code \x} being x (RFC 9110 §5.6.4). */
  private static String unquoted(String attribute, String raw) {
    StringBuilder text = new StringBuilder(raw.length());
    for (int i = 1; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '"') {
        if (i == raw.length() - 1) {
          return text.toString();
        }
        break;
      }
      if (c == '\\' && ++i < raw.length()) {
        c = raw.charAt(i);
      }
      text.append(c);
    }
    throw Attributes.invalid(attribute, "ce-%s begins with a quote and does not end with one");
  }
}
