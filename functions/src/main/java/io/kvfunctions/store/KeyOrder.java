package io.kvfunctions.store;

import java.util.Comparator;

/**
 * The order of keys: by Unicode code point, which is the order of their UTF-8 bytes (that of S3,
 * etcd and {@code sort} in the C locale).
 *
 * <p>{@link String#compareTo} orders by UTF-16 code unit and so puts the characters beyond U+FFFF,
 * written as surrogates D800 to DFFF, before those from U+E000 to U+FFFF. Lifting the surrogates
 * over the rest mends it.
 */
public final class KeyOrder implements Comparator<String> {
  /** The one there is. */
  public static final KeyOrder INSTANCE = new KeyOrder();

  private static final int PIECE = 16;

  private KeyOrder() {}

  @Override
  public int compare(String a, String b) {
    int length = Math.min(a.length(), b.length());
    int i = 0;
    // Keys often begin alike, and whole pieces are compared twice as fast as characters.
    while (i + PIECE <= length && a.regionMatches(i, b, i, PIECE)) {
      i += PIECE;
    }
    for (; i < length; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        return Character.isSurrogate(x) == Character.isSurrogate(y)
            ? x - y
            : liftSurrogate(x) - liftSurrogate(y);
      }
    }
    return a.length() - b.length();
  }

  private static int liftSurrogate(char c) {
    return Character.isSurrogate(c) ? c + 0x1_0000 : c;
  }
}
