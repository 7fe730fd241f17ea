package io.kvfunctions.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is told of some entries, in key order.
 *
 * @param entries at most as many as were asked for
 * @param more whether there was another behind the last of them
 */
public record Page(List<Item> entries, boolean more) {
  public Page {
    entries = List.copyOf(entries);
  }

  /**
   * A key and what was kept under it when it was looked at, without the value: a thousand values,
   * overwritten long ago, would be held for whoever takes their time with them.
   *
   * @param size bytes of the value
   * @param expiresAt milliseconds since 1970, {@link Long#MAX_VALUE} of an entry that does not
   *     expire
   */
  public record Item(String key, Etag etag, int size, ContentType contentType, long expiresAt) {

    /** The item for this entry, or null where it is not one to show by now. */
    public static @Nullable Item of(String key, @Nullable Entry entry, long nowMillis) {
      return entry == null || entry.isTombstone() || entry.isExpired(nowMillis)
          ? null
          : new Item(key, entry.etag(), entry.size(), entry.contentType(), entry.expiresAt());
    }

    /** Whether it has a time to live. */
    public boolean expires() {
      return expiresAt != Entry.NEVER;
    }

    /** See {@link Entry#secondsLeft}. */
    public long secondsLeft(long nowMillis) {
      return Entry.secondsBetween(nowMillis, expiresAt);
    }
  }
}
