package io.kvfunctions.store;

import org.jspecify.annotations.Nullable;

/** What became of a put. */
public sealed interface PutOutcome {
  /** There was no entry, now there is this one. */
  record Created(Etag etag) implements PutOutcome {}

  /** There was an entry, now there is this one. */
  record Replaced(Etag etag) implements PutOutcome {}

  /** The condition did not hold of the current entry, null where there is none; nothing changed. */
  record Rejected(@Nullable Etag currentEtag) implements PutOutcome {}

  /** The event that asks for it was applied before and is remembered; nothing changed. */
  record Duplicate() implements PutOutcome {}

  /** An event that tells of something later was applied and is remembered; nothing changed. */
  record Stale() implements PutOutcome {}

  /**
   * The write would have passed the memory budget; nothing changed.
   *
   * @param usedBytes what all entries held at that moment
   * @param budgetBytes what they may hold
   */
  record Full(long usedBytes, long budgetBytes) implements PutOutcome {}
}
