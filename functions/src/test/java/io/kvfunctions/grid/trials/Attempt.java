package io.kvfunctions.grid.trials;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A write that was sent once, and what its client knows of it.
 *
 * @param value that no other attempt writes, null where it deletes
 * @param through which instance was asked
 * @param said what the answer was, or what became of the connection
 */
record Attempt(
    String key,
    @Nullable String value,
    Place through,
    long askedNanos,
    long answeredNanos,
    Outcome outcome,
    String said) {

  enum Outcome {
    /** It was answered that it has happened. */
    ACKNOWLEDGED,
    /** It cannot have happened: it was not sent, or answered that nothing was changed. */
    REFUSED,
    /** It may have happened, may still, or never will. */
    UNKNOWN
  }

  /** With points in time as the journal has them. */
  String describe(Journal journal) {
    return "%s of %s to %s through %s, asked %s, %s %s (%s)"
        .formatted(
            value == null ? "delete" : "write",
            key,
            Ledger.show(value),
            through,
            journal.at(askedNanos).strip(),
            outcome.name().toLowerCase(Locale.ROOT),
            journal.at(answeredNanos).strip(),
            said);
  }
}
