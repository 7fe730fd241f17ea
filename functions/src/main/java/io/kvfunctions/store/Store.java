package io.kvfunctions.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A map of strings to {@link Entry}s with conditional writes, expiry, listing in key order and a
 * memory budget.
 *
 * <p><b>One step.</b> Whatever changes a key is one {@link Mutation} in one atomic step on it: the
 * condition is decided, the etag drawn, the budget charged, the key's place in the order and its
 * deadline kept, all while nobody else can touch the key. Per key the store is linearizable. A get
 * is one lookup and waits for nobody else's write, unless it finds an entry that has expired.
 *
 * <p><b>Order.</b> A listing walks the keys, which stand in order beside the entries ({@link
 * Shard}), and looks each entry up: what stays put throughout is seen exactly once, what comes or
 * goes meanwhile may be seen or not.
 *
 * <p><b>Expiry.</b> An entry past its deadline is treated as absent by everything here, at once.
 * Its memory comes back when the key is asked for or {@link #sweep} gets to it. An operation goes
 * by the time of one moment of its own; a key that is renewed in time is not seen gone in between.
 *
 * <p><b>Events.</b> A write that an event asks for is done once and in order: not again when the
 * event comes again, and not after one that tells of something later. The same step decides that,
 * by what the key's own entry remembers ({@link EventMemory}), which therefore outlives the value:
 * where a value is deleted or expires while something is remembered, the map keeps a tombstone, an
 * entry of nothing but that. It is absent for everything here but the memory budget, and has a
 * deadline like any entry that expires, at which there is nothing left to remember. A second map
 * for what is remembered could disagree with this one unless a lock held both, and the two could
 * not be spread over several instances.
 *
 * <p>Safe for any number of threads. Where several instances hold the entries ({@link #mayBlock}),
 * what asks for them may throw {@link UnavailableException}.
 */
public final class Store {
  private final Entries entries;
  private final Instance instance;

  /**
   * @param entries left to this store alone
   */
  public Store(Entries entries, Instance instance) {
    this.entries = entries;
    this.instance = instance;
  }

  /** The entry under this key, or null where there is none or it has expired. */
  public @Nullable Entry get(String key) {
    return alive(key, entries.get(key));
  }

  /** The same for several keys, in their order. */
  public List<@Nullable Entry> getAll(List<String> keys) {
    List<@Nullable Entry> found = entries.getAll(keys);
    for (int i = 0; i < found.size(); i++) {
      found.set(i, alive(keys.get(i), found.get(i)));
    }
    return found;
  }

  private @Nullable Entry alive(String key, @Nullable Entry entry) {
    if (entry == null || !entry.expires()) {
      return entry;
    }
    if (!entry.isTombstone() && entry.isExpired(instance.nowMillis())) {
      // It may have been renewed since it was looked up, or be about to be: only the key's own
      // step can tell. Where it was not, its memory comes back here and now.
      return entries.change(key, Mutation.Expire.EXPIRE);
    }
    return entry.isTombstone() ? null : entry;
  }

  /**
   * Writes the value under the key if the condition holds and the budget allows; otherwise nothing
   * changes.
   */
  public PutOutcome put(String key, Value value, TimeToLive ttl, Condition condition) {
    return put(key, value, ttl, condition, null);
  }

  /**
   * The same because of an event, which must also be new, and not older than another that was
   * applied to the key. Whether it is comes before the condition. Only an event that is applied is
   * remembered.
   *
   * @param event null where no event asks for it
   */
  public PutOutcome put(
      String key, Value value, TimeToLive ttl, Condition condition, @Nullable Occurrence event) {
    return entries.change(key, new Mutation.Put(value, ttl, condition, event));
  }

  /** Removes the entry under the key if the condition holds; otherwise nothing changes. */
  public DeleteOutcome delete(String key, Condition condition) {
    return delete(key, condition, null);
  }

  /**
   * The same because of an event, which must also be new, and not older than another that was
   * applied to the key. Whether it is comes before the condition. Only an event that is applied is
   * remembered, and it is applied even where there is no entry.
   *
   * @param event null where no event asks for it
   */
  public DeleteOutcome delete(String key, Condition condition, @Nullable Occurrence event) {
    return entries.change(key, new Mutation.Delete(condition, event));
  }

  /**
   * Several writes, each as by {@link #put} or {@link #delete} and each of its own: those of the
   * same key in their order. Gives what became of each.
   */
  public <O> List<Attempt<O>> changeAll(List<Change<O>> changes) {
    return entries.changeAll(changes);
  }

  /**
   * Up to {@code limit} entries whose keys begin with {@code prefix}, in the order of their keys'
   * UTF-8 bytes. Takes time in proportion to what it gives, wherever in the order that is.
   *
   * @param after the key behind which to begin, which need not exist; null to begin with the first
   */
  public Page list(String prefix, @Nullable String after, int limit) {
    return entries.list(prefix, after, limit);
  }

  /**
   * Gives back the memory of entries that have expired and of events that are forgotten under keys
   * without an entry, the longest due first.
   *
   * @param atMost the most entries to look at
   * @return how many it looked at; fewer than {@code atMost} when no other was due
   */
  public int sweep(int atMost) {
    return entries.sweep(atMost);
  }

  /** How many entries are held here, with those that have expired and still wait for the sweep. */
  public long size() {
    return entries.size();
  }

  /** How many keys here hold nothing but what is remembered of their events. */
  public long tombstones() {
    return entries.tombstones();
  }

  /**
   * Whether a call may have to wait for other instances, and is not to be made on an event loop.
   */
  public boolean mayBlock() {
    return entries.mayBlock();
  }

  /** How many entries have been found expired since the start and removed or written over. */
  public long expired() {
    return instance.expired();
  }

  /** How many writes were refused since the start because they would have passed the budget. */
  public long refused() {
    return instance.refused();
  }

  /** What the entries hold and may hold. */
  public Budget budget() {
    return instance.budget();
  }

  /** The milliseconds since 1970 that expiry goes by now. */
  public long nowMillis() {
    return instance.nowMillis();
  }
}
