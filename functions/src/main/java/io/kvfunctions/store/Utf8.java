package io.kvfunctions.store;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * UTF-8 taken strictly (RFC 3629): no overlong forms, no surrogates, nothing cut short. Java's own
 * conversions replace what is wrong with U+FFFD, and the key or value would be another one.
 */
public final class Utf8 {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

  private Utf8() {}

  /**
   * The text the bytes from {@code from} to before {@code to} stand for, or null where they are not
   * UTF-8.
   */
  public static @Nullable String decode(byte[] bytes, int from, int to) {
    String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
    // A replacement character was either put in for something wrong or stood there: look again.
    return text.indexOf('\uFFFD') < 0 || isStrict(bytes, from, to) ? text : null;
  }

  /** Whether the bytes from {@code from} to before {@code to} are UTF-8. */
  public static boolean isValid(byte[] bytes, int from, int to) {
    int i = from;
    for (; i + Long.BYTES <= to; i += Long.BYTES) {
      if (((long) LONGS.get(bytes, i) & HIGH_BITS) != 0) {
        return isStrict(bytes, i, to);
      }
    }
    for (; i < to; i++) {
      if (bytes[i] < 0) {
        return isStrict(bytes, i, to);
      }
    }
    return true;
  }

  /**
   * Where half a surrogate pair stands, for which UTF-8 has no bytes: an escape of JSON can write
   * one. The index of the first, or -1 where there is none.
   */
  public static int loneSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isLowSurrogate(c)
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return i;
        }
        i++;
      }
    }
    return -1;
  }

  private static boolean isStrict(byte[] bytes, int from, int to) {
    try {
      // A fresh decoder reports what is wrong, where a Charset's own decode would replace it.
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, to - from));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
