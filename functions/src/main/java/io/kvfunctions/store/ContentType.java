package io.kvfunctions.store;

import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The media type of a value, kept and given back exactly as the client wrote it.
 *
 * <p>A store of a million entries knows a handful of types, so equal ones share one instance, up to
 * {@link #SHARED} distinct types; after that each entry keeps its own and pays for it from the
 * memory budget. Immutable and safe for any number of threads.
 */
public final class ContentType {
  /** How many distinct types are shared; a bound, since clients choose the text. */
  static final int SHARED = 1_024;

  /** The longest text taken, in characters. */
  public static final int MAX_LENGTH = 255;

  private static final ConcurrentHashMap<String, ContentType> shared = new ConcurrentHashMap<>();

  /** What a value has when its writer named no type (RFC 9110 §8.3). */
  public static final ContentType OCTET_STREAM = of("application/octet-stream");

  /** What a JSON string given without a type is stored as. */
  public static final ContentType TEXT = of("text/plain;charset=utf-8");

  /** What any other JSON value given without a type is stored as. */
  public static final ContentType JSON = of("application/json");

  private final String text;
  private final Form form;
  private final boolean isShared;

  private enum Form {
    TEXT,
    TEXT_BUT_NOT_UTF8,
    JSON,
    BYTES
  }

  private ContentType(String text, boolean isShared) {
    this.text = text;
    this.form = formOf(text);
    this.isShared = isShared;
  }

  /**
   * The type with this text.
   *
   * @throws IllegalArgumentException if the text is empty, longer than {@link #MAX_LENGTH} or holds
   *     a character that may not stand in a header field (RFC 9110 §5.5)
   */
  public static ContentType of(String text) {
    ContentType known = shared.get(text);
    if (known != null) {
      return known;
    }
    if (text.isEmpty() || text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "content type is %,d characters, it takes 1 to %,d",
              text.length(),
              MAX_LENGTH));
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7f || c > 0xff) {
        throw new IllegalArgumentException(
            String.format(Locale.ROOT, "content type holds the character U+%04X", (int) c));
      }
    }
    if (shared.size() >= SHARED) {
      return new ContentType(text, false);
    }
    ContentType made = new ContentType(text, true);
    ContentType before = shared.putIfAbsent(text, made);
    return before == null ? made : before;
  }

  /**
   * Whether the value is text in UTF-8: {@code text/*} whose charset is UTF-8, US-ASCII or not
   * given.
   */
  public boolean isText() {
    return form == Form.TEXT;
  }

  /** Whether the value is text in another charset, of which nothing is known here. */
  public boolean isTextButNotUtf8() {
    return form == Form.TEXT_BUT_NOT_UTF8;
  }

  /**
   * Whether the value is JSON: {@code application/json} or a type with the suffix {@code +json}
   * (RFC 6839 §3.1).
   */
  public boolean isJson() {
    return form == Form.JSON;
  }

  /** Whether entries share this instance, so that none of them pays for it. */
  boolean isShared() {
    return isShared;
  }

  /** The text as the client wrote it. */
  @Override
  public String toString() {
    return text;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ContentType that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  private static Form formOf(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    int semicolon = lower.indexOf(';');
    String type = (semicolon < 0 ? lower : lower.substring(0, semicolon)).strip();
    if (type.equals("application/json") || type.endsWith("+json")) {
      return Form.JSON;
    }
    if (!type.startsWith("text/")) {
      return Form.BYTES;
    }
    if (semicolon >= 0) {
      for (String parameter : lower.substring(semicolon + 1).split(";", -1)) {
        String p = parameter.strip();
        if (p.startsWith("charset=")) {
          String charset = p.substring("charset=".length()).replace("\"", "");
          boolean utf8 =
              charset.equals("utf-8") || charset.equals("utf8") || charset.equals("us-ascii");
          return utf8 ? Form.TEXT : Form.TEXT_BUT_NOT_UTF8;
        }
      }
    }
    return Form.TEXT;
  }
}
