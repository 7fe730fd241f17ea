package io.kvfunctions.store;

/** What became of a put. */
public sealed interface PutOutcome permits PutOutcome.Created, PutOutcome.Replaced, Unchanged {
  /** There was no entry, now there is this one. */
  record Created(Etag etag) implements PutOutcome {}

  /** There was an entry, now there is this one. */
  record Replaced(Etag etag) implements PutOutcome {}
}
