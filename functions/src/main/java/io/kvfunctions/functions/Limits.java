package io.kvfunctions.functions;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the functions take at most.
 *
 * @param keyBytes bytes of a key in UTF-8 (kv.limits.key)
 * @param valueBytes bytes of a value (kv.limits.value)
 */
public record Limits(int keyBytes, int valueBytes) {

  /** What is wrong with the key, or null where nothing is. */
  @Nullable Problem checkKey(String key) {
    if (key.isEmpty()) {
      return Problem.of(Problem.Kind.KEY_EMPTY, "a key has at least one character");
    }
    int bytes = 0;
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      if (c < 0x80) {
        bytes++;
      } else if (c < 0x800) {
        bytes += 2;
      } else if (!Character.isSurrogate(c)) {
        bytes += 3;
      } else if (Character.isHighSurrogate(c)
          && i + 1 < key.length()
          && Character.isLowSurrogate(key.charAt(i + 1))) {
        bytes += 4;
        i++;
      } else {
        return Problem.of(
            Problem.Kind.KEY_INVALID,
            String.format(
                Locale.ROOT,
                "the key holds a lone surrogate (U+%04X) at character %,d",
                (int) c,
                i + 1));
      }
    }
    return bytes <= keyBytes
        ? null
        : Problem.overLimit(
            Problem.Kind.KEY_TOO_LONG, "key is %s bytes", bytes, keyBytes, "kv.limits.key");
  }

  /** What is wrong with a value of this size, or null where nothing is. */
  public @Nullable Problem checkValue(long bytes) {
    return bytes <= valueBytes
        ? null
        : Problem.overLimit(
            Problem.Kind.VALUE_TOO_LARGE,
            "value is %s bytes",
            bytes,
            valueBytes,
            "kv.limits.value");
  }
}
