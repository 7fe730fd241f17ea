package io.kvfunctions.linearizability;

import org.jspecify.annotations.Nullable;

/** What a client was told. */
sealed interface Outcome {
  /**
   * There is an entry.
   *
   * @param value null where the answer does not hold it (304)
   */
  record Found(String etag, @Nullable String value) implements Outcome {}

  record NotFound() implements Outcome {}

  record Stored(String etag, boolean created) implements Outcome {}

  record Deleted(boolean existed) implements Outcome {}

  /** Nothing is there now; whether something was is not told. */
  record Gone() implements Outcome {}

  /** The condition did not hold of the entry with this etag, null where there was none. */
  record Rejected(@Nullable String currentEtag) implements Outcome {}

  /** No answer, or one that leaves it open: it may have happened, it may still, or never. */
  record Unknown() implements Outcome {}
}
