package io.kvfunctions.store;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A map of strings to {@link Entry}s with conditional writes, expiry, listing in key order and a
 * memory budget.
 *
 * <p><b>One step.</b> Whatever changes a key is one {@link ConcurrentMap#compute} on it: the
 * condition is decided, the etag drawn, the budget charged, the key's place in the order and its
 * deadline kept, all while nobody else can touch the key. Per key the store is linearizable. A get
 * is one lookup and waits for nobody, unless it finds an entry that has expired.
 *
 * <p><b>Order.</b> A hash map answers a get ten times as fast as an ordered one, and only an
 * ordered one can list. So the entries live in the hash map and their keys stand in a skip list
 * beside it, which only a key that comes or goes pays for. A listing walks the keys and looks each
 * entry up: what stays put throughout is seen exactly once, what comes or goes meanwhile may be
 * seen or not.
 *
 * <p><b>Expiry.</b> An entry past its deadline is treated as absent by everything here, at once.
 * Its memory comes back when the key is asked for or {@link #sweep} gets to it, over a set of
 * deadlines that entries without one never enter. The set is exact (an overwritten deadline leaves
 * it) since a session renewed every second would otherwise leave a trail as long as its time to
 * live. An operation goes by the time of one moment of its own; a key that is renewed in time is
 * not seen gone in between.
 *
 * <p>Safe for any number of threads; no method blocks for longer than another's step on the same
 * key.
 */
public final class Store {
  /** How many expired entries a write clears away before it gives up for want of memory. */
  private static final int SWEEP_BEFORE_REFUSING = 1_000;

  private final ConcurrentMap<String, Entry> map;
  private final KeyIndex keys = new KeyIndex();
  private final NavigableSet<Deadline> deadlines = new ConcurrentSkipListSet<>();
  private final InstantSource clock;
  private final EtagSequence etags;
  private final Budget budget;
  private final Footprint footprint;
  private final LongAdder expired = new LongAdder();
  private final LongAdder refused = new LongAdder();

  /**
   * @param map empty, and left to this store alone
   * @param clock what expiry goes by
   */
  public Store(
      ConcurrentMap<String, Entry> map,
      InstantSource clock,
      EtagSequence etags,
      Budget budget,
      Footprint footprint) {
    this.map = map;
    this.clock = clock;
    this.etags = etags;
    this.budget = budget;
    this.footprint = footprint;
  }

  /** The entry under this key, or null where there is none or it has expired. */
  public @Nullable Entry get(String key) {
    Entry entry = map.get(key);
    return entry == null || !entry.expires() || !entry.isExpired(clock.millis())
        ? entry
        // It may have been renewed since it was looked up, or be about to be: only the key's own
        // step can tell. Where it was not, its memory comes back here and now.
        : map.computeIfPresent(key, this::unlessExpired);
  }

  /**
   * Writes the value under the key if the condition holds and the budget allows; otherwise nothing
   * changes.
   */
  public PutOutcome put(String key, Value value, TimeToLive ttl, Condition condition) {
    while (true) {
      PutStep step = new PutStep(value, ttl, condition);
      map.compute(key, step::apply);
      // What has expired must not stand in the way of what is alive.
      if (step.outcome instanceof PutOutcome.Full) {
        if (sweep(SWEEP_BEFORE_REFUSING) > 0) {
          continue;
        }
        refused.increment();
      }
      return step.outcome;
    }
  }

  /** Removes the entry under the key if the condition holds; otherwise nothing changes. */
  public DeleteOutcome delete(String key, Condition condition) {
    DeleteStep step = new DeleteStep(condition);
    map.compute(key, step::apply);
    return step.outcome;
  }

  /**
   * Up to {@code limit} entries whose keys begin with {@code prefix}, in the order of their keys'
   * UTF-8 bytes. Takes time in proportion to what it gives, wherever in the order that is.
   *
   * @param after the key behind which to begin, which need not exist; null to begin with the first
   */
  public Page list(String prefix, @Nullable String after, int limit) {
    Iterable<String> tail =
        after == null || KeyOrder.INSTANCE.compare(after, prefix) < 0
            ? keys.from(prefix, true)
            : keys.from(after, false);
    List<Page.Item> found = new ArrayList<>(Math.min(limit, 1_000));
    for (String key : tail) {
      if (!key.startsWith(prefix)) {
        break;
      }
      Entry entry = get(key);
      if (entry == null) {
        continue;
      }
      if (found.size() == limit) {
        return new Page(found, true);
      }
      found.add(new Page.Item(key, entry));
    }
    return new Page(found, false);
  }

  /**
   * Gives back the memory of entries that have expired, the longest expired first.
   *
   * @param atMost the most entries to look at
   * @return how many it looked at; fewer than {@code atMost} when no other was due
   */
  public int sweep(int atMost) {
    long now = clock.millis();
    int swept = 0;
    for (Deadline deadline : deadlines) {
      if (deadline.atMillis() > now || swept == atMost) {
        break;
      }
      map.computeIfPresent(deadline.key(), this::unlessExpired);
      swept++;
    }
    return swept;
  }

  /** How many entries are held, with those that have expired and still wait for the sweep. */
  public int size() {
    return map.size();
  }

  /** How many entries have been found expired since the start and removed or written over. */
  public long expired() {
    return expired.sum();
  }

  /** How many writes were refused since the start because they would have passed the budget. */
  public long refused() {
    return refused.sum();
  }

  /** What the entries hold and may hold. */
  public Budget budget() {
    return budget;
  }

  /** The milliseconds since 1970 that expiry goes by now. */
  public long nowMillis() {
    return clock.millis();
  }

  /**
   * Removes every trace of an entry beside the map; called within the map's step that removes it
   * from there.
   */
  private void forget(String key, Entry entry) {
    keys.remove(key);
    if (entry.expires()) {
      deadlines.remove(new Deadline(entry.expiresAt(), key));
    }
    budget.reserve(-footprint.ofKey(key) - footprint.ofEntry(entry));
  }

  /** The entry as it is, or null and every trace of it removed where it has expired. */
  private @Nullable Entry unlessExpired(String key, Entry current) {
    if (!current.isExpired(clock.millis())) {
      return current;
    }
    forget(key, current);
    expired.increment();
    return null;
  }

  private static @Nullable Entry alive(@Nullable Entry current, long now) {
    return current != null && current.isExpired(now) ? null : current;
  }

  /** One put, as the function the map applies to the key's entry; holds what came of it. */
  private final class PutStep {
    private final Value value;
    private final TimeToLive ttl;
    private final Condition condition;
    private PutOutcome outcome = new PutOutcome.Rejected(null);

    PutStep(Value value, TimeToLive ttl, Condition condition) {
      this.value = value;
      this.ttl = ttl;
      this.condition = condition;
    }

    @Nullable Entry apply(String key, @Nullable Entry current) {
      // Read once: an entry that is alive for the condition has not expired for the expiry either.
      long now = clock.millis();
      Entry alive = alive(current, now);
      if (!condition.holds(alive)) {
        outcome = new PutOutcome.Rejected(alive == null ? null : alive.etag());
        return current;
      }
      Entry next = new Entry(value, etags.nextStamp(), etags.origin(), expiry(alive, now));
      long cost =
          footprint.ofEntry(next)
              - (current == null ? -footprint.ofKey(key) : footprint.ofEntry(current));
      if (!budget.reserve(cost)) {
        outcome = new PutOutcome.Full(budget.usedBytes(), budget.limitBytes());
        return current;
      }
      if (current == null) {
        keys.add(key);
      }
      if (next.expires() || (current != null && current.expires())) {
        moveDeadline(key, current, next);
      }
      if (current != null && alive == null) {
        expired.increment();
      }
      outcome =
          alive == null
              ? new PutOutcome.Created(next.etag())
              : new PutOutcome.Replaced(next.etag());
      return next;
    }

    private long expiry(@Nullable Entry alive, long now) {
      return switch (ttl) {
        case TimeToLive.None none -> Entry.NEVER;
        case TimeToLive.Keep keep -> alive == null ? Entry.NEVER : alive.expiresAt();
        case TimeToLive.Seconds(long seconds) -> now + seconds * 1_000;
      };
    }

    private void moveDeadline(String key, @Nullable Entry current, Entry next) {
      if (current != null && current.expires()) {
        deadlines.remove(new Deadline(current.expiresAt(), key));
      }
      if (next.expires()) {
        // The map goes on holding the string it first saw under this key; a deadline with another
        // would cost it twice.
        String held = current == null ? key : keys.added(key);
        deadlines.add(new Deadline(next.expiresAt(), held == null ? key : held));
      }
    }
  }

  /** One delete, as the function the map applies to the key's entry; holds what came of it. */
  private final class DeleteStep {
    private final Condition condition;
    private DeleteOutcome outcome = new DeleteOutcome.Absent();

    DeleteStep(Condition condition) {
      this.condition = condition;
    }

    @Nullable Entry apply(String key, @Nullable Entry current) {
      Entry alive = alive(current, clock.millis());
      if (!condition.holds(alive)) {
        outcome = new DeleteOutcome.Rejected(alive == null ? null : alive.etag());
        return current;
      }
      if (current != null) {
        forget(key, current);
        if (alive == null) {
          expired.increment();
        }
      }
      outcome = alive == null ? new DeleteOutcome.Absent() : new DeleteOutcome.Deleted();
      return null;
    }
  }
}
