package io.kvfunctions.store;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.IntFunction;

/**
 * Fills stores with entries of several shapes and prints for each what the budget says they hold
 * and what the heap has grown by: {@code shape estimate actual}. Run in a JVM of its own by {@link
 * FootprintTest}.
 */
final class FootprintProbe {
  /** As many as make the map's table double once more, so that it is at its emptiest. */
  private static final int ENTRIES = 50_000;

  private FootprintProbe() {}

  public static void main(String[] args) {
    measure("warm", i -> "key:%010d".formatted(i), 0, "shared/1", TimeToLive.NONE, 1);
    for (int i = 0; i < ContentType.SHARED; i++) {
      ContentType.of("shared/" + i);
    }
    TimeToLive hour = TimeToLive.ofSeconds(3_600);
    measure("nothing", i -> "key:%010d".formatted(i), 0, "shared/1", TimeToLive.NONE, 1);
    measure("usual", i -> "key:%012d".formatted(i), 100, "shared/1", TimeToLive.NONE, 1);
    measure("short", i -> Integer.toString(i, 36), 5, "shared/1", TimeToLive.NONE, 1);
    measure("expiring", i -> "key:%012d".formatted(i), 100, "shared/1", hour, 1);
    measure("renewed", i -> "key:%012d".formatted(i), 100, "shared/1", hour, 3);
    measure("wide", i -> "\u20ac\ud83d\ude00:%d".formatted(i), 100, "shared/1", TimeToLive.NONE, 1);
    measure("typed", i -> "key:%012d".formatted(i), 100, "", TimeToLive.NONE, 1);
    measure("long", i -> "k".repeat(900) + i, 1_000, "shared/1", TimeToLive.NONE, 1);
    measure("colliding", FootprintProbe::colliding, 100, "shared/1", TimeToLive.NONE, 1);
    measureEvents("event", 100, 1, false);
    measureEvents("events", 100, 5, false);
    measureEvents("tombstone", 100, 1, true);
    measureEvents("tombstones", 100, 5, true);
  }

  /** Keys of one hash code: the characters Aa and BB have the same. */
  private static String colliding(int i) {
    StringBuilder key = new StringBuilder();
    for (int bit = 0; bit < 17; bit++) {
      key.append((i >> bit & 1) == 0 ? "Aa" : "BB");
    }
    return key.toString();
  }

  private static void measure(
      String shape, IntFunction<String> key, int size, String type, TimeToLive ttl, int times) {
    long before = held();
    Store store = Stores.over(InstantSource.system());
    for (int time = 0; time < times; time++) {
      for (int i = 0; i < ENTRIES; i++) {
        ContentType contentType = ContentType.of(type.isEmpty() ? "application/x." + i : type);
        Value value = Value.copyOf(ByteBuffer.allocate(size), contentType);
        store.put(key.apply(i), value, ttl, Condition.Presence.ANY);
      }
    }
    long actual = held() - before;
    System.out.printf("%s %d %d%n", shape, store.budget().usedBytes(), actual);
    if (store.size() != ENTRIES) {
      throw new AssertionError(store.size());
    }
  }

  /** Has each event write each key, deletes it, and, unless it is to stay so, writes it again. */
  private static void measureEvents(String shape, int size, int events, boolean deleted) {
    long before = held();
    Store store = Stores.over(InstantSource.system());
    for (int event = 0; event < events; event++) {
      Occurrence occurrence = new Occurrence(0, event, Instant.ofEpochSecond(event));
      for (int i = 0; i < ENTRIES; i++) {
        // Each time with a string of its own, of which the first must be the only one that is held.
        put(store, i, size, occurrence);
        store.delete("key:%012d".formatted(i), Condition.Presence.ANY);
        if (!deleted) {
          put(store, i, size, null);
        }
      }
    }
    long actual = held() - before;
    System.out.printf("%s %d %d%n", shape, store.budget().usedBytes(), actual);
    if (store.size() != (deleted ? 0 : ENTRIES)) {
      throw new AssertionError(store.size());
    }
  }

  private static void put(Store store, int i, int size, Occurrence event) {
    Value value = Value.copyOf(ByteBuffer.allocate(size), ContentType.of("shared/1"));
    store.put("key:%012d".formatted(i), value, TimeToLive.NONE, Condition.Presence.ANY, event);
  }

  private static long held() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
