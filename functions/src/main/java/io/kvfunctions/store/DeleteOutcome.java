package io.kvfunctions.store;

import org.jspecify.annotations.Nullable;

/** What became of a delete. */
public sealed interface DeleteOutcome {
  /** There was an entry, now there is none. */
  record Deleted() implements DeleteOutcome {}

  /** There was no entry, and none was asked for. */
  record Absent() implements DeleteOutcome {}

  /** The condition did not hold of the current entry, null where there is none; nothing changed. */
  record Rejected(@Nullable Etag currentEtag) implements DeleteOutcome {}

  /** The event that asks for it was applied before and is remembered; nothing changed. */
  record Duplicate() implements DeleteOutcome {}

  /** An event that tells of something later was applied and is remembered; nothing changed. */
  record Stale() implements DeleteOutcome {}

  /**
   * To remember the event that asks for it would have passed the memory budget; nothing changed. A
   * delete without an event never meets it.
   *
   * @param usedBytes what all entries held at that moment
   * @param budgetBytes what they may hold
   */
  record Full(long usedBytes, long budgetBytes) implements DeleteOutcome {}
}
