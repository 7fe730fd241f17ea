package io.kvfunctions.store;

import org.jspecify.annotations.Nullable;

/** That a write, put or delete, changed nothing, and why. */
public sealed interface Unchanged extends PutOutcome, DeleteOutcome {
  /** The event that asks for it was applied before and is remembered. */
  record Duplicate() implements Unchanged {}

  /** An event that tells of something later was applied and is remembered. */
  record Stale() implements Unchanged {}

  /** The condition did not hold of the current entry, null where there is none. */
  record Rejected(@Nullable Etag currentEtag) implements Unchanged {}

  /**
   * It would have passed the memory budget. Of deletes only one that an event asks for meets this:
   * the event is what there is no room to remember.
   *
   * @param usedBytes what all entries held at that moment
   * @param budgetBytes what they may hold
   */
  record Full(long usedBytes, long budgetBytes) implements Unchanged {}
}
