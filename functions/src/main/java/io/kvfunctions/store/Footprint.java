package io.kvfunctions.store;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;

/**
 * How much heap an entry holds, with everything that is kept on its account: key, value, the map's
 * node and slot, the key's place in the order, its deadline, what is remembered of events.
 *
 * <p>The sizes follow from the layout of objects in this JVM, which three of its options decide:
 * compact headers, compressed references, and, with G1, the size of a region. An array of half a
 * region or more gets whole regions to itself there (a "humongous" object), so that a value of 1
 * MiB may take 2 MiB: leaving that out would let a store of large values run out of heap below its
 * budget.
 *
 * @param objectHeader bytes before the first field of an object
 * @param arrayHeader bytes before the first element of an array
 * @param reference bytes of a reference
 * @param humongous from this size on an array takes whole regions; {@link Long#MAX_VALUE} where
 *     there are none
 * @param region bytes of a region
 */
public record Footprint(
    int objectHeader, int arrayHeader, int reference, long humongous, long region) {

  /** The layout of the running JVM. */
  public static Footprint ofThisJvm() {
    HotSpotDiagnosticMXBean vm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    boolean compactHeaders = Boolean.parseBoolean(option(vm, "UseCompactObjectHeaders", "false"));
    boolean compressedRefs = Boolean.parseBoolean(option(vm, "UseCompressedOops", "true"));
    boolean g1 = Boolean.parseBoolean(option(vm, "UseG1GC", "false"));
    long region = g1 ? Long.parseLong(option(vm, "G1HeapRegionSize", "0")) : 0;
    int header = compactHeaders ? 8 : 12;
    return new Footprint(
        header,
        header + 4,
        compressedRefs ? 4 : 8,
        region > 0 ? region / 2 : Long.MAX_VALUE,
        region);
  }

  private static String option(HotSpotDiagnosticMXBean vm, String name, String otherwise) {
    try {
      return vm.getVMOption(name).getValue();
    } catch (IllegalArgumentException thisJvmHasNoSuchOption) {
      return otherwise;
    }
  }

  /** What a key costs while it is in the map: its string, the map's node and slot. */
  long ofKey(String key) {
    int bytesPerChar = 1;
    for (int i = 0; i < key.length(); i++) {
      if (key.charAt(i) > 0xff) {
        bytesPerChar = 2;
        break;
      }
    }
    return ofString(key.length() * bytesPerChar)
        + align(objectHeader + 4 + 3L * reference) // ConcurrentHashMap.Node: hash, key, value, next
        + 3L * reference; // its slot, at the worst load right after the table has doubled
  }

  /**
   * What an entry costs beside its key: never less than the tombstone that a delete may leave of
   * it, so that there is always room for that one.
   */
  long ofEntry(Entry entry) {
    long bytes =
        // Entry: value, type, stamp, origin, expiry, events
        align(objectHeader + 3L * reference + 8 + 4 + 8);
    EventMemory events = entry.events();
    if (events != null) {
      bytes += ofMemory(events);
    }
    if (entry.expires()) {
      bytes += ofDeadline();
    }
    if (entry.isTombstone()) {
      return bytes;
    }
    long goesWithTheValue = ofOrderedKey() + ofArray(entry.size());
    if (!entry.contentType().isShared()) {
      goesWithTheValue +=
          align(objectHeader + 2L * reference + 1)
              + ofString(entry.contentType().toString().length());
    }
    return bytes
        + (events == null || entry.expires()
            ? goesWithTheValue
            : Math.max(goesWithTheValue, ofDeadline()));
  }

  /** An EventMemory: events, second and nano of the newest, when that was applied. */
  private long ofMemory(EventMemory events) {
    return align(objectHeader + reference + 8 + 4 + 8)
        + ofArray(events.size() * EventMemory.WORDS * Long.BYTES);
  }

  /** A Deadline, and its place in their order. */
  private long ofDeadline() {
    return align(objectHeader + reference + 8) + ofOrderedKey();
  }

  /**
   * A ConcurrentSkipListMap's node (key, value, next) and the half an index node (node, down,
   * right) it has on average.
   */
  private long ofOrderedKey() {
    long node = align(objectHeader + 3L * reference);
    return node + node / 2;
  }

  private long ofString(int bytes) {
    return align(objectHeader + reference + 4 + 1 + 1)
        + ofArray(bytes); // String: value, hash, coder, hashIsZero
  }

  private long ofArray(int bytes) {
    long size = align(arrayHeader + (long) bytes);
    return size < humongous ? size : Math.ceilDiv(size, region) * region;
  }

  private static long align(long bytes) {
    return (bytes + 7) & ~7L;
  }
}
