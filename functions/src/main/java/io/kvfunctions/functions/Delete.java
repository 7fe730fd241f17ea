package io.kvfunctions.functions;

import io.kvfunctions.store.Condition;
import io.kvfunctions.store.DeleteOutcome;
import io.kvfunctions.store.Store;
import java.util.function.Function;

/** Removes what is stored under a key. */
public final class Delete implements Function<Delete.Input, Delete.Output> {
  private final Store store;
  private final Limits limits;

  public Delete(Store store, Limits limits) {
    this.store = store;
    this.limits = limits;
  }

  /** As JSON {@code {"key","ifMatch"?}} or a bare string. */
  public record Input(String key, Condition condition) {}

  /** That the key holds nothing now, or why it still does. */
  public sealed interface Output permits Gone, Problem {}

  /**
   * As JSON {@code {"key","deleted"}}.
   *
   * @param deleted whether there was an entry before; a retry finds none, and that is no error
   */
  public record Gone(String key, boolean deleted) implements Output {}

  @Override
  public Output apply(Input input) {
    Problem unfit = limits.checkKey(input.key());
    if (unfit != null) {
      return unfit;
    }
    return switch (store.delete(input.key(), input.condition())) {
      case DeleteOutcome.Deleted deleted -> new Gone(input.key(), true);
      case DeleteOutcome.Absent absent -> new Gone(input.key(), false);
      case DeleteOutcome.Rejected rejected -> Problem.preconditionFailed(rejected.currentEtag());
    };
  }
}
