package io.kvfunctions.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The entries by key, wherever they are held. Knows nothing of their expiry: what it gives may have
 * expired, or be a tombstone.
 *
 * <p>Safe for any number of threads. Per key it is linearizable. Where several instances hold the
 * entries, methods may throw {@link UnavailableException}.
 */
public interface Entries {

  /** What stands under the key, null where that is nothing. */
  @Nullable Entry get(String key);

  /** The same for several keys, in their order. */
  List<@Nullable Entry> getAll(List<String> keys);

  /** Carries out a mutation in one atomic step on the key. */
  <O extends @Nullable Object> O change(String key, Mutation<O> mutation);

  /**
   * Carries out several, each in a step of its own, those of the same key in their order; gives
   * what came of each. One that cannot be had is an {@link Attempt.Unavailable}, and nothing is
   * thrown for it.
   */
  <O extends @Nullable Object> List<Attempt<O>> changeAll(List<Change<O>> changes);

  /** See {@link Store#list}. */
  Page list(String prefix, @Nullable String after, int limit);

  /**
   * Has the memory of what has expired given back, the longest due first.
   *
   * @param atMost the most entries to look at
   * @return how many it looked at; fewer than {@code atMost} when no other was due
   */
  int sweep(int atMost);

  /** How many entries this instance answers for, with those that wait for the sweep. */
  long size();

  /** How many keys this instance answers for hold nothing but what is remembered of events. */
  long tombstones();

  /** Whether a call may have to wait for other instances. */
  boolean mayBlock();
}
