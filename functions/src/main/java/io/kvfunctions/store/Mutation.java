package io.kvfunctions.store;

import org.jspecify.annotations.Nullable;

/**
 * What is to be done to the entry under a key. A value, which depends on nothing but the entry it
 * is applied to and the instance that holds that one: so it can be carried out in one atomic step
 * wherever the entry is, and there only.
 *
 * @param <O> what comes of it
 */
public sealed interface Mutation<O extends @Nullable Object> {

  /**
   * What is to stand under the key from now on, and what came of it. Called within a step on the
   * key, and has then been carried out.
   *
   * @param current what stands there, null where that is nothing
   * @param shard what stands beside it
   */
  Result<O> apply(String key, @Nullable Entry current, Shard shard);

  /**
   * What a mutation comes to.
   *
   * @param entry what is to stand under the key; the very object that stands there where nothing
   *     changes, null for nothing
   * @param outcome what to tell
   */
  record Result<O extends @Nullable Object>(@Nullable Entry entry, O outcome) {}

  /** Writes a value if the condition holds and the budget allows; otherwise nothing changes. */
  record Put(Value value, TimeToLive ttl, Condition condition, @Nullable Occurrence event)
      implements Write<PutOutcome> {

    @Override
    public Result<PutOutcome> write(
        @Nullable Entry current,
        @Nullable Entry alive,
        @Nullable EventMemory events,
        Instance instance,
        long now) {
      EtagSequence etags = instance.etags();
      Entry next =
          new Entry(
              value,
              etags.nextStamp(current == null ? 0 : current.stamp()),
              etags.origin(),
              expiry(alive, now),
              events);
      return new Result<>(
          next,
          alive == null
              ? new PutOutcome.Created(next.etag())
              : new PutOutcome.Replaced(next.etag()));
    }

    private long expiry(@Nullable Entry alive, long now) {
      return switch (ttl) {
        case TimeToLive.None none -> Entry.NEVER;
        case TimeToLive.Keep keep -> alive == null ? Entry.NEVER : alive.expiresAt();
        case TimeToLive.Seconds(long seconds) -> now + seconds * 1_000;
      };
    }

    @Override
    public PutOutcome unchanged(Unchanged why) {
      return why;
    }
  }

  /** Removes the entry if the condition holds; otherwise nothing changes. */
  record Delete(Condition condition, @Nullable Occurrence event) implements Write<DeleteOutcome> {

    @Override
    public Result<DeleteOutcome> write(
        @Nullable Entry current,
        @Nullable Entry alive,
        @Nullable EventMemory events,
        Instance instance,
        long now) {
      return new Result<>(
          Entry.tombstone(events, instance.eventBounds()),
          alive == null ? new DeleteOutcome.Absent() : new DeleteOutcome.Deleted());
    }

    @Override
    public DeleteOutcome unchanged(Unchanged why) {
      return why;
    }
  }

  /**
   * What a put and a delete have in common: the event that may ask for it must be new, the
   * condition must hold, and there must be room.
   */
  sealed interface Write<O extends @Nullable Object> extends Mutation<O> {
    /** What must hold of the entry. */
    Condition condition();

    /** The event that asks for it, null where none does. */
    @Nullable Occurrence event();

    /**
     * What is to stand under the key.
     *
     * @param alive what stands there for everybody to see
     * @param events what is remembered of events from now on
     * @param now milliseconds since 1970
     */
    Result<O> write(
        @Nullable Entry current,
        @Nullable Entry alive,
        @Nullable EventMemory events,
        Instance instance,
        long now);

    /** The outcome where nothing is changed. */
    O unchanged(Unchanged why);

    @Override
    default Result<O> apply(String key, @Nullable Entry current, Shard shard) {
      Instance instance = shard.instance();
      // Read once: an entry that is alive for the condition has not expired for the expiry either.
      long now = instance.nowMillis();
      EventMemory.Bounds bounds = instance.eventBounds();
      Occurrence event = event();
      EventMemory events = current == null ? null : current.events();
      Entry alive =
          current == null || current.isExpired(now) || current.isTombstone() ? null : current;
      Unchanged why =
          switch (EventMemory.judge(event, events, bounds, now)) {
            case DUPLICATE -> new Unchanged.Duplicate();
            case STALE -> new Unchanged.Stale();
            case NEW ->
                condition().holds(alive)
                    ? null
                    : new Unchanged.Rejected(alive == null ? null : alive.etag());
          };
      if (why != null) {
        return new Result<>(current, unchanged(why));
      }
      EventMemory remembered =
          event == null
              ? EventMemory.trimmed(events, bounds, now)
              : EventMemory.with(event, events, bounds, now);
      Result<O> result = write(current, alive, remembered, instance, now);
      Budget budget = instance.budget();
      if (!budget.reserve(shard.cost(key, current, result.entry()))) {
        return new Result<>(
            current, unchanged(new Unchanged.Full(budget.usedBytes(), budget.limitBytes())));
      }
      shard.follow(key, current, result.entry());
      if (current != null && alive == null && !current.isTombstone()) {
        instance.countExpired();
      }
      return result;
    }
  }

  /**
   * Gives back the memory of an entry that has expired, but for what is still remembered of its
   * events. Leaves, and tells of, one that has not, or was renewed since.
   */
  enum Expire implements Mutation<@Nullable Entry> {
    EXPIRE;

    @Override
    public Result<@Nullable Entry> apply(String key, @Nullable Entry current, Shard shard) {
      if (current == null) {
        return new Result<>(null, null);
      }
      Instance instance = shard.instance();
      long now = instance.nowMillis();
      if (!current.isExpired(now)) {
        return new Result<>(current, current.isTombstone() ? null : current);
      }
      EventMemory.Bounds bounds = instance.eventBounds();
      Entry next = Entry.tombstone(EventMemory.trimmed(current.events(), bounds, now), bounds);
      instance.budget().reserve(shard.cost(key, current, next)); // which gives back
      shard.follow(key, current, next);
      if (!current.isTombstone()) {
        instance.countExpired();
      }
      return new Result<>(next, null);
    }
  }
}
