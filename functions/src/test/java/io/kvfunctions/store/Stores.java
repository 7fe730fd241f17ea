package io.kvfunctions.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Stores and values for tests. */
public final class Stores {
  /** The defaults. */
  static final EventMemory.Bounds EVENT_BOUNDS =
      new EventMemory.Bounds(Duration.ofMinutes(15), 100);

  private Stores() {}

  /** A store with more memory than a test fills. */
  public static Store over(InstantSource clock) {
    return over(clock, Long.MAX_VALUE / 2);
  }

  /** A store whose entries may hold this many bytes. */
  public static Store over(InstantSource clock, long budgetBytes) {
    return over(clock, budgetBytes, EVENT_BOUNDS, new ConcurrentHashMap<>());
  }

  /** The same over this map, remembering this much of events. */
  static Store over(
      InstantSource clock,
      long budgetBytes,
      EventMemory.Bounds eventBounds,
      ConcurrentMap<String, Entry> map) {
    return over(
        map,
        new Instance(
            clock,
            new EtagSequence(clock, 0x5eed),
            new Budget(budgetBytes),
            Footprint.ofThisJvm(),
            eventBounds));
  }

  /** A store without a map, whose entries cannot be had. */
  public static Store unavailable() {
    return unavailableAfter(0);
  }

  /** A store without a map, whose entries cannot be had after so many calls. */
  public static Store unavailableAfter(int calls) {
    Instance instance =
        new Instance(
            InstantSource.system(),
            new EtagSequence(InstantSource.system(), 0x5eed),
            new Budget(Long.MAX_VALUE / 2),
            Footprint.ofThisJvm(),
            EVENT_BOUNDS);
    return new Store(
        new UnavailableEntries(new LocalEntries(new ConcurrentHashMap<>(), instance)).after(calls),
        instance);
  }

  /** A store whose entries are in this map of this instance. */
  static Store over(ConcurrentMap<String, Entry> map, Instance instance) {
    return new Store(new LocalEntries(map, instance), instance);
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
