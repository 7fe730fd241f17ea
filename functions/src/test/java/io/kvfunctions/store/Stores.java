package io.kvfunctions.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.concurrent.ConcurrentHashMap;

/** Stores and values for tests. */
public final class Stores {
  private Stores() {}

  /** A store with more memory than a test fills. */
  public static Store over(InstantSource clock) {
    return over(clock, Long.MAX_VALUE / 2);
  }

  /** A store whose entries may hold this many bytes. */
  public static Store over(InstantSource clock, long budgetBytes) {
    return new Store(
        new ConcurrentHashMap<>(),
        clock,
        new EtagSequence(clock, 0x5eed),
        new Budget(budgetBytes),
        Footprint.ofThisJvm());
  }

  /** A text to store. */
  public static Value text(String text) {
    return Value.utf8(text, ContentType.TEXT);
  }

  /** As many zero bytes to store. */
  public static Value bytes(int size) {
    return Value.copyOf(ByteBuffer.allocate(size), ContentType.OCTET_STREAM);
  }

  /** The value of an entry as text, null where there is no entry. */
  public static String textOf(Entry entry) {
    return entry == null ? null : StandardCharsets.UTF_8.decode(entry.value()).toString();
  }
}
