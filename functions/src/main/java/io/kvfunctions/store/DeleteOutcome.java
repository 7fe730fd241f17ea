package io.kvfunctions.store;

/** What became of a delete. */
public sealed interface DeleteOutcome
    permits DeleteOutcome.Deleted, DeleteOutcome.Absent, Unchanged {
  /** There was an entry, now there is none. */
  record Deleted() implements DeleteOutcome {}

  /** There was no entry, and none was asked for. */
  record Absent() implements DeleteOutcome {}
}
