package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * Bytes as they are written in the data and shown in messages: UTF-8, and {@code \xNN} for any
 * other byte.
 */
final class Bytes {
  /** What a message shows of a longer text. */
  private static final int SHOWN = 2_000;

  private Bytes() {}

  /**
   * The UTF-8 of a text in which {@code \xNN} stands for the byte NN; any other backslash is
   * itself.
   */
  static byte[] of(String text) {
    if (!text.contains("\\x")) {
      return text.getBytes(UTF_8);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int done = 0;
    for (int at = text.indexOf("\\x"); at >= 0; at = text.indexOf("\\x", at + 1)) {
      if (at >= done && at + 4 <= text.length() && hex(text, at + 2)) {
        bytes.writeBytes(text.substring(done, at).getBytes(UTF_8));
        bytes.write(Integer.parseInt(text, at + 2, at + 4, 16));
        done = at + 4;
      }
    }
    bytes.writeBytes(text.substring(done).getBytes(UTF_8));
    return bytes.toByteArray();
  }

  private static boolean hex(String text, int at) {
    return Character.digit(text.charAt(at), 16) >= 0
        && Character.digit(text.charAt(at + 1), 16) >= 0;
  }

  /** A readable form of anything that came or went over the wire, cut where it is long. */
  static String show(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    boolean isText = Arrays.equals(text.getBytes(UTF_8), bytes);
    return show(isText ? text : new String(bytes, ISO_8859_1), bytes.length);
  }

  static String show(String text) {
    return show(text, text.length());
  }

  private static String show(String text, int length) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .limit(SHOWN)
        .forEach(
            c -> {
              if (c == '\n') {
                shown.append("\\n\n");
              } else if (c == '\r') {
                shown.append("\\r");
              } else if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
                shown.append(String.format("\\x%02x", c));
              } else if ((c >= 0xd800 && c < 0xe000) || (c & 0xfffe) == 0xfffe) { // reports are XML
                shown.append(String.format("\\u%04x", c));
              } else {
                shown.appendCodePoint(c);
              }
            });
    return text.length() > SHOWN ? shown + "… (" + length + " bytes)" : shown.toString();
  }
}
