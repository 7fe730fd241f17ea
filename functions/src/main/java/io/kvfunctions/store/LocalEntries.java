package io.kvfunctions.store;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * All entries in one map of this instance. A step on a key is one {@link ConcurrentMap#compute}; no
 * method blocks for longer than another's step on the same key.
 */
public final class LocalEntries implements Entries {
  /** How many expired entries a write clears away before it gives up for want of memory. */
  private static final int SWEEP_BEFORE_REFUSING = 1_000;

  private final ConcurrentMap<String, Entry> map;
  private final Instance instance;
  private final Shard shard;

  /**
   * @param map empty, and left to this object alone
   */
  public LocalEntries(ConcurrentMap<String, Entry> map, Instance instance) {
    this.map = map;
    this.instance = instance;
    this.shard = new Shard(instance);
  }

  @Override
  public @Nullable Entry get(String key) {
    return map.get(key);
  }

  @Override
  public List<@Nullable Entry> getAll(List<String> keys) {
    List<@Nullable Entry> found = new ArrayList<>(keys.size());
    for (String key : keys) {
      found.add(map.get(key));
    }
    return found;
  }

  @Override
  public <O extends @Nullable Object> O change(String key, Mutation<O> mutation) {
    Step<O> step = new Step<>(mutation);
    while (true) {
      map.compute(key, step::apply);
      O outcome = step.outcome();
      if (!(outcome instanceof Unchanged.Full)) {
        return outcome;
      }
      // What has expired must not stand in the way of what is alive.
      if (sweep(SWEEP_BEFORE_REFUSING) == 0) {
        instance.countRefused();
        return outcome;
      }
    }
  }

  @Override
  public <O extends @Nullable Object> List<Attempt<O>> changeAll(List<Change<O>> changes) {
    List<Attempt<O>> attempts = new ArrayList<>(changes.size());
    for (Change<O> change : changes) {
      attempts.add(new Attempt.Done<>(change(change.key(), change.mutation())));
    }
    return attempts;
  }

  @Override
  public Page list(String prefix, @Nullable String after, int limit) {
    long now = instance.nowMillis();
    List<Page.Item> found = new ArrayList<>(Math.min(limit, 1_000));
    Iterator<String> keys = shard.keysAfter(prefix, after);
    while (keys.hasNext()) {
      String key = keys.next();
      if (!key.startsWith(prefix)) {
        break;
      }
      Page.Item item = Page.Item.of(key, map.get(key), now);
      if (item != null) {
        if (found.size() == limit) {
          return new Page(found, true);
        }
        found.add(item);
      }
    }
    return new Page(found, false);
  }

  @Override
  public int sweep(int atMost) {
    Iterator<String> due = shard.dueBy(instance.nowMillis());
    int swept = 0;
    while (swept < atMost && due.hasNext()) {
      map.computeIfPresent(due.next(), new Step<>(Mutation.Expire.EXPIRE)::apply);
      swept++;
    }
    return swept;
  }

  @Override
  public long size() {
    // Two counts, each exact, but not of the same moment.
    return Math.max(0, map.size() - shard.tombstones());
  }

  @Override
  public long tombstones() {
    return shard.tombstones();
  }

  @Override
  public boolean mayBlock() {
    return false;
  }

  /** A mutation as the function that the map applies; holds what came of it. For one thread. */
  private final class Step<O extends @Nullable Object> {
    private final Mutation<O> mutation;
    private Mutation.@Nullable Result<O> result;

    Step(Mutation<O> mutation) {
      this.mutation = mutation;
    }

    @Nullable Entry apply(String key, @Nullable Entry current) {
      result = mutation.apply(key, current, shard);
      return result.entry();
    }

    O outcome() {
      return Objects.requireNonNull(result).outcome();
    }
  }
}
