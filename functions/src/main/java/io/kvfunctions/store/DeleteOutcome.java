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
}
