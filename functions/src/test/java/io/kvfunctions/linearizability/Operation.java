package io.kvfunctions.linearizability;

/**
 * One call on one key, and what came of it.
 *
 * @param number sets it apart from all others of the history
 * @param client who made it
 * @param invokedNanos when it can have happened at the earliest, of {@link System#nanoTime}
 * @param answeredNanos when it had happened; {@link #NEVER} where that is not known
 * @param after the number of the operation that a batch puts before this one, or {@link #NONE}
 */
record Operation(
    int number,
    int client,
    String key,
    Call call,
    Outcome outcome,
    long invokedNanos,
    long answeredNanos,
    int after) {
  static final long NEVER = Long.MAX_VALUE;
  static final int NONE = -1;

  Operation {
    if (invokedNanos > answeredNanos) {
      throw new IllegalArgumentException("answered before it was invoked: " + call);
    }
    if ((outcome instanceof Outcome.Unknown) != (answeredNanos == NEVER)) {
      throw new IllegalArgumentException("what is unknown has no answer: " + call);
    }
  }

  /** The same, whatever it found: where that is not known, its condition says nothing. */
  Operation withoutCondition() {
    Call without =
        switch (call) {
          case Call.Get get -> get;
          case Call.Put put -> new Call.Put(put.value(), Call.Condition.ANY);
          case Call.Delete delete -> new Call.Delete(Call.Condition.ANY);
        };
    return new Operation(number, client, key, without, outcome, invokedNanos, answeredNanos, after);
  }

  /** Whether it can only have looked, and changed nothing. */
  boolean isObservation() {
    return call instanceof Call.Get || outcome instanceof Outcome.Rejected;
  }
}
