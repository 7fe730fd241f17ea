package io.kvfunctions.linearizability;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Operations on one key that cannot be put in any order that explains what was told.
 *
 * @param operations as few as show it
 * @param whateverBefore whether they show it whatever was there before, and not only if nothing was
 */
record Violation(List<Operation> operations, boolean whateverBefore) {
  Violation {
    operations =
        operations.stream().sorted(Comparator.comparingLong(Operation::invokedNanos)).toList();
  }

  /** A line for each operation: who, when in microseconds, what, and what was told. */
  @Override
  public String toString() {
    long start = operations.getFirst().invokedNanos();
    StringBuilder text =
        new StringBuilder("no order of these operations on \"")
            .append(operations.getFirst().key())
            .append("\" explains what was told")
            .append(
                whateverBefore
                    ? ", whatever was there before:"
                    : ", where nothing was there before:");
    for (Operation operation : operations) {
      text.append('\n')
          .append(
              String.format(
                  Locale.ROOT,
                  "  client %-3d %,9d to %9s  %s → %s",
                  operation.client(),
                  micros(operation.invokedNanos() - start),
                  operation.answeredNanos() == Operation.NEVER
                      ? "?"
                      : String.format(
                          Locale.ROOT, "%,d", micros(operation.answeredNanos() - start)),
                  said(operation.call()),
                  told(operation.outcome())));
    }
    return text.toString();
  }

  private static long micros(long nanos) {
    return nanos / 1_000;
  }

  private static String said(Call call) {
    return switch (call) {
      case Call.Get() -> "get";
      case Call.Put(String value, Call.Condition condition) -> "put " + value + condition;
      case Call.Delete(Call.Condition condition) -> "delete" + condition;
    };
  }

  private static String told(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Found(String etag, String value) ->
          value == null ? "not modified, " + etag : value + ", " + etag;
      case Outcome.NotFound() -> "nothing there";
      case Outcome.Stored(String etag, boolean created) ->
          (created ? "created, " : "replaced, ") + etag;
      case Outcome.Deleted(boolean existed) -> existed ? "deleted" : "nothing to delete";
      case Outcome.Gone() -> "gone";
      case Outcome.Rejected(String current) ->
          current == null ? "rejected, nothing there" : "rejected, current " + current;
      case Outcome.Unknown() -> "no answer";
    };
  }
}
