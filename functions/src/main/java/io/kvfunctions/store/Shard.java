package io.kvfunctions.store;

import java.util.Iterator;
import java.util.NavigableSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What stands beside the entries of a part of the map and is kept in accord with them by every
 * {@link Mutation}: the order of their keys, and their deadlines.
 *
 * <p><b>Order.</b> A hash map answers a get ten times as fast as an ordered one, and only an
 * ordered one can list. So the entries live in a hash map and their keys stand in a skip list
 * beside it, which only a key that comes or goes pays for.
 *
 * <p><b>Deadlines.</b> A set that entries without one never enter. It is exact (an overwritten
 * deadline leaves it) since a session renewed every second would otherwise leave a trail as long as
 * its time to live.
 *
 * <p>Safe for any number of threads, as long as no two follow a change of the same key at once.
 */
public final class Shard {
  private final Instance instance;
  private final KeyIndex keys = new KeyIndex();
  private final NavigableSet<Deadline> deadlines = new ConcurrentSkipListSet<>();
  private final LongAdder tombstones = new LongAdder();

  /** A shard beside no entries. */
  public Shard(Instance instance) {
    this.instance = instance;
  }

  Instance instance() {
    return instance;
  }

  /**
   * The keys under which there is an entry, in {@link KeyOrder}, from the first on that may begin
   * with the prefix and is behind the other.
   *
   * @param after null for no such bound
   */
  public Iterator<String> keysAfter(String prefix, @Nullable String after) {
    return (after == null || KeyOrder.INSTANCE.compare(after, prefix) < 0
            ? keys.from(prefix, true)
            : keys.from(after, false))
        .iterator();
  }

  /**
   * The keys whose entries or tombstones are due by now, the longest due first.
   *
   * @param nowMillis milliseconds since 1970
   */
  public Iterator<String> dueBy(long nowMillis) {
    return deadlines.headSet(new Deadline(nowMillis + 1, "")).stream()
        .map(Deadline::key)
        .iterator();
  }

  /** How many keys hold nothing but what is remembered of their events. */
  public long tombstones() {
    return tombstones.sum();
  }

  /** Takes in an entry that stands in the map already. */
  public void add(String key, Entry entry) {
    follow(key, null, entry);
  }

  /** How many bytes more it takes to have the one where the other is, negative where fewer. */
  long cost(String key, @Nullable Entry current, @Nullable Entry next) {
    if (current == null && next == null) {
      return 0;
    }
    Footprint footprint = instance.footprint();
    long before = current == null ? -footprint.ofKey(key) : footprint.ofEntry(current);
    long after = next == null ? -footprint.ofKey(key) : footprint.ofEntry(next);
    return after - before;
  }

  /**
   * Keeps what stands beside the map in accord with it; called within the map's step that puts the
   * one where the other is.
   */
  void follow(String key, @Nullable Entry current, @Nullable Entry next) {
    boolean wasListed = current != null && !current.isTombstone();
    boolean isListed = next != null && !next.isTombstone();
    boolean wasDue = current != null && current.expires();
    boolean isDue = next != null && next.expires();
    if (wasListed && isListed && !wasDue && !isDue) {
      return;
    }
    String held = isDue || !wasListed ? held(key, current) : key;
    if (wasListed && !isListed) {
      keys.remove(key);
    } else if (isListed && !wasListed) {
      keys.add(held);
    }
    if (current != null && wasDue) {
      deadlines.remove(new Deadline(current.expiresAt(), key));
    }
    if (next != null && isDue) {
      deadlines.add(new Deadline(next.expiresAt(), held));
    }
    if (current != null && current.isTombstone()) {
      tombstones.decrement();
    }
    if (next != null && next.isTombstone()) {
      tombstones.increment();
    }
  }

  /**
   * The string the map holds for this key: the first it saw. A second one, held by the keys or the
   * deadlines, would have to be paid for twice.
   */
  private String held(String key, @Nullable Entry current) {
    if (current == null) {
      return key;
    }
    if (!current.isTombstone()) {
      String held = keys.added(key);
      return held == null ? key : held;
    }
    Deadline held = deadlines.ceiling(new Deadline(current.expiresAt(), key));
    return held == null || !held.key().equals(key) ? key : held.key();
  }
}
