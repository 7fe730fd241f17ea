package io.kvfunctions.functions;

/** Percent-encoding (RFC 3986 §2.1), in which paths and the attributes of events write any byte. */
public final class Percent {
  private Percent() {}

  /**
   * Decodes once, in place.
   *
   * @param from where to begin; nothing is encoded before
   * @return how many bytes there are now, or, where a percent sign is not followed by two
   *     hexadecimal digits, less than nothing: {@code ~} of its index
   */
  public static int decode(byte[] bytes, int from) {
    int to = from;
    for (int i = from; i < bytes.length; i++) {
      byte b = bytes[i];
      if (b == '%') {
        int high = i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
        int low = i + 2 < bytes.length ? Character.digit(bytes[i + 2], 16) : -1;
        if (high < 0 || low < 0) {
          return ~i;
        }
        b = (byte) (high << 4 | low);
        i += 2;
      }
      bytes[to++] = b;
    }
    return to;
  }
}
