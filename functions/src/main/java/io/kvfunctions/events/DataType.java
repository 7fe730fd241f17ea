package io.kvfunctions.events;

import io.kvfunctions.store.ContentType;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The type of an event's data. */
final class DataType {
  private static final String MARKS = "!#$%&'*+-.^_`|~";

  private DataType() {}

  /** The type of this text, null where it is no media type (RFC 2046), or longer than is kept. */
  static @Nullable ContentType parse(String text) {
    int slash = endOfToken(text, 0);
    int end =
        slash == 0 || slash == text.length() || text.charAt(slash) != '/'
            ? -1
            : endOfToken(text, slash + 1);
    if (end <= slash + 1) {
      return null;
    }
    while (end < text.length() && (text.charAt(end) == ' ' || text.charAt(end) == '\t')) {
      end++;
    }
    if (end < text.length() && text.charAt(end) != ';') {
      return null;
    }
    try {
      return ContentType.of(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static int endOfToken(String text, int from) {
    int to = from;
    while (to < text.length() && isOfToken(text.charAt(to))) {
      to++;
    }
    return to;
  }

  private static boolean isOfToken(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || MARKS.indexOf(c) >= 0;
  }

  /**
   * Whether data of this type is JSON, which for CloudEvents any type does whose name is {@code
   * json} or ends with {@code +json} (JSON Event Format §3.1.1).
   */
  static boolean isJson(ContentType type) {
    if (type.isJson()) {
      return true;
    }
    String text = type.toString();
    int semicolon = text.indexOf(';');
    String name = semicolon < 0 ? text : text.substring(0, semicolon);
    return name.strip().toLowerCase(Locale.ROOT).endsWith("/json");
  }
}
