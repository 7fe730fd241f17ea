package io.kvfunctions.store;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
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
 * <p><b>Events.</b> A write that an event asks for is done once and in order: not again when the
 * event comes again, and not after one that tells of something later. The same step decides that,
 * by what the key's own entry remembers ({@link EventMemory}), which therefore outlives the value:
 * where a value is deleted or expires while something is remembered, the map keeps a tombstone, an
 * entry of nothing but that. It is absent for everything here but the memory budget, and has a
 * deadline like any entry that expires, at which there is nothing left to remember. A second map
 * for what is remembered could disagree with this one unless a lock held both, and the two could
 * not be spread over several instances.
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
  private final EventMemory.Bounds eventBounds;
  private final LongAdder tombstones = new LongAdder();
  private final LongAdder expired = new LongAdder();
  private final LongAdder refused = new LongAdder();

  /**
   * @param map empty, and left to this store alone
   * @param clock what expiry goes by, and the forgetting of events
   * @param eventBounds how much is remembered of events
   */
  public Store(
      ConcurrentMap<String, Entry> map,
      InstantSource clock,
      EtagSequence etags,
      Budget budget,
      Footprint footprint,
      EventMemory.Bounds eventBounds) {
    this.map = map;
    this.clock = clock;
    this.etags = etags;
    this.budget = budget;
    this.footprint = footprint;
    this.eventBounds = eventBounds;
  }

  /** The entry under this key, or null where there is none or it has expired. */
  public @Nullable Entry get(String key) {
    Entry entry = map.get(key);
    if (entry == null || !entry.expires()) {
      return entry;
    }
    if (!entry.isTombstone() && entry.isExpired(clock.millis())) {
      // It may have been renewed since it was looked up, or be about to be: only the key's own
      // step can tell. Where it was not, its memory comes back here and now.
      entry = map.computeIfPresent(key, this::unlessExpired);
    }
    return entry == null || entry.isTombstone() ? null : entry;
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
    PutStep step = new PutStep(value, ttl, condition, event);
    take(key, step);
    return step.outcome();
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
    DeleteStep step = new DeleteStep(condition, event);
    take(key, step);
    return step.outcome();
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
   * Whether it is worth another try to write what found no room: what has expired must not stand in
   * the way of what is alive.
   */
  private boolean makesRoom() {
    if (sweep(SWEEP_BEFORE_REFUSING) > 0) {
      return true;
    }
    refused.increment();
    return false;
  }

  /**
   * Gives back the memory of entries that have expired and of events that are forgotten under keys
   * without an entry, the longest due first.
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
    // Two counts, each exact, but not of the same moment.
    return (int) Math.max(0, map.size() - tombstones.sum());
  }

  /** How many keys hold nothing but what is remembered of their events. */
  public long tombstones() {
    return tombstones.sum();
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

  /** The entry as it is, or what is left where it has expired. */
  private @Nullable Entry unlessExpired(String key, Entry current) {
    long now = clock.millis();
    if (!current.isExpired(now)) {
      return current;
    }
    countIfExpired(current, null);
    Entry next = tombstone(EventMemory.trimmed(current.events(), eventBounds, now));
    budget.reserve(cost(key, current, next)); // which gives back
    follow(key, current, next);
    return next;
  }

  private static @Nullable Entry alive(@Nullable Entry current, long now) {
    return current != null && (current.isExpired(now) || current.isTombstone()) ? null : current;
  }

  /** What stands in the map where nothing but this is left: nothing, if it is null. */
  private @Nullable Entry tombstone(@Nullable EventMemory events) {
    return events == null ? null : Entry.tombstone(events, events.forgottenAt(eventBounds));
  }

  /** How many bytes more it takes to have the one where the other is, negative where fewer. */
  private long cost(String key, @Nullable Entry current, @Nullable Entry next) {
    if (current == null && next == null) {
      return 0;
    }
    long before = current == null ? -footprint.ofKey(key) : footprint.ofEntry(current);
    long after = next == null ? -footprint.ofKey(key) : footprint.ofEntry(next);
    return after - before;
  }

  /**
   * Keeps what stands beside the map in accord with it; called within the map's step that puts the
   * one where the other is.
   */
  private void follow(String key, @Nullable Entry current, @Nullable Entry next) {
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

  /** What is remembered once this event is applied, or, where there is none, still. */
  private @Nullable EventMemory remembering(
      @Nullable Occurrence event, @Nullable EventMemory before, long now) {
    return event == null
        ? EventMemory.trimmed(before, eventBounds, now)
        : EventMemory.with(event, before, eventBounds, now);
  }

  private void countIfExpired(@Nullable Entry current, @Nullable Entry alive) {
    if (current != null && alive == null && !current.isTombstone()) {
      expired.increment();
    }
  }

  /** Has the map take a step, and again as long as what has expired makes room for it. */
  private void take(String key, Step step) {
    do {
      map.compute(key, step::apply);
    } while (step.unchanged instanceof Unchanged.Full && makesRoom());
  }

  /** One write, as the function the map applies to the key's entry; holds what came of it. */
  private abstract class Step {
    private final Condition condition;
    private final @Nullable Occurrence event;

    /** Why nothing was changed, null where something was. */
    @Nullable Unchanged unchanged;

    Step(Condition condition, @Nullable Occurrence event) {
      this.condition = condition;
      this.event = event;
    }

    /** What is to stand under the key, in place of the entry that is there. */
    abstract @Nullable Entry next(@Nullable Entry alive, @Nullable EventMemory events, long now);

    final @Nullable Entry apply(String key, @Nullable Entry current) {
      // Read once: an entry that is alive for the condition has not expired for the expiry either.
      long now = clock.millis();
      EventMemory events = current == null ? null : current.events();
      Entry alive = alive(current, now);
      unchanged =
          switch (EventMemory.judge(event, events, eventBounds, now)) {
            case DUPLICATE -> new Unchanged.Duplicate();
            case STALE -> new Unchanged.Stale();
            case NEW ->
                condition.holds(alive)
                    ? null
                    : new Unchanged.Rejected(alive == null ? null : alive.etag());
          };
      if (unchanged != null) {
        return current;
      }
      Entry next = next(alive, remembering(event, events, now), now);
      if (!budget.reserve(cost(key, current, next))) {
        unchanged = new Unchanged.Full(budget.usedBytes(), budget.limitBytes());
        return current;
      }
      follow(key, current, next);
      countIfExpired(current, alive);
      return next;
    }
  }

  private final class PutStep extends Step {
    private final Value value;
    private final TimeToLive ttl;
    private @Nullable PutOutcome changed;

    PutStep(Value value, TimeToLive ttl, Condition condition, @Nullable Occurrence event) {
      super(condition, event);
      this.value = value;
      this.ttl = ttl;
    }

    @Override
    Entry next(@Nullable Entry alive, @Nullable EventMemory events, long now) {
      Entry next = new Entry(value, etags.nextStamp(), etags.origin(), expiry(alive, now), events);
      changed =
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

    PutOutcome outcome() {
      return unchanged != null ? unchanged : Objects.requireNonNull(changed);
    }
  }

  private final class DeleteStep extends Step {
    private @Nullable DeleteOutcome changed;

    DeleteStep(Condition condition, @Nullable Occurrence event) {
      super(condition, event);
    }

    @Override
    @Nullable Entry next(@Nullable Entry alive, @Nullable EventMemory events, long now) {
      changed = alive == null ? new DeleteOutcome.Absent() : new DeleteOutcome.Deleted();
      return tombstone(events);
    }

    DeleteOutcome outcome() {
      return unchanged != null ? unchanged : Objects.requireNonNull(changed);
    }
  }
}
