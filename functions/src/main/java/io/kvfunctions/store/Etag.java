package io.kvfunctions.store;

import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The name of one write: the opaque part of a strong entity tag (RFC 9110 §8.8.3).
 *
 * <p>Every write gets a new one and no two are ever equal: not for the same value written again,
 * not after a restart, not on another instance. {@code stamp} orders the writes of one origin,
 * {@code origin} is drawn at random when an instance starts. As text it is the twelve bytes of both
 * in base64url, 16 characters without padding.
 *
 * @param stamp milliseconds since 1970 in the upper 42 bits, a count in the lower 22; without a
 *     sign, good to 2109
 * @param origin the instance that wrote
 */
public record Etag(long stamp, int origin) {
  /** The number of characters of an etag's text. */
  public static final int LENGTH = 16;

  private static final byte[] ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
          .getBytes(java.nio.charset.StandardCharsets.US_ASCII);

  /** The etag with this text, or null where no etag of this store reads so. */
  public static @Nullable Etag parse(String text) {
    if (text.length() != LENGTH) {
      return null;
    }
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException notBase64) {
      return null;
    }
    if (bytes.length != Long.BYTES + Integer.BYTES) {
      return null; // some of the 16 characters were padding
    }
    long stamp = 0;
    for (int i = 0; i < 8; i++) {
      stamp = stamp << 8 | (bytes[i] & 0xff);
    }
    int origin = 0;
    for (int i = 8; i < 12; i++) {
      origin = origin << 8 | (bytes[i] & 0xff);
    }
    return new Etag(stamp, origin);
  }

  /**
   * The character at this place of the text, 0 to 15, as ASCII: for encoders that want no string.
   */
  public byte charAt(int index) {
    // Ten characters take 60 bits of the stamp; the eleventh takes its last four and the first two
    // of the origin.
    int six;
    if (index < 10) {
      six = (int) (stamp >>> (58 - 6 * index));
    } else if (index == 10) {
      six = (int) (stamp << 2) | origin >>> 30;
    } else {
      six = origin >>> (24 - 6 * (index - 11));
    }
    return ALPHABET[six & 0x3f];
  }

  /** The 16 characters, without quotes. */
  @Override
  @SuppressWarnings(
      "deprecation") // the one constructor that takes ASCII bytes without decoding them
  public String toString() {
    byte[] ascii = new byte[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      ascii[i] = charAt(i);
    }
    return new String(ascii, 0);
  }
}
