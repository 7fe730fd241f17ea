package io.kvfunctions.events;

import io.kvfunctions.functions.Problem;
import java.util.Locale;

/** What became of an event. */
public sealed interface Outcome {

  /** It needs no more doing. The first of them says the most of a batch. */
  enum Done implements Outcome {
    /** What it asks for was done. */
    APPLIED,
    /** Something later was applied to its key before: nothing was done. */
    STALE,
    /** It was applied before: nothing was done. */
    DUPLICATE;

    /** In lower case. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** It is no event, or what it asks for could not be done: nothing was. */
  record Failed(Problem problem) implements Outcome {}
}
