package io.kvfunctions.functions;

import io.kvfunctions.store.Attempt;
import io.kvfunctions.store.Change;
import io.kvfunctions.store.Condition;
import io.kvfunctions.store.DeleteOutcome;
import io.kvfunctions.store.Mutation;
import io.kvfunctions.store.Occurrence;
import io.kvfunctions.store.Store;
import io.kvfunctions.store.UnavailableException;
import io.kvfunctions.store.Unchanged;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Removes what is stored under a key. */
public final class Delete implements Batched<Delete.Input, Delete.Output> {
  private final Store store;
  private final Limits limits;

  public Delete(Store store, Limits limits) {
    this.store = store;
    this.limits = limits;
  }

  /**
   * As JSON {@code {"key","ifMatch"?}} or a bare string.
   *
   * @param event the event that asks for it, null where none does
   */
  public record Input(String key, Condition condition, @Nullable Occurrence event) {
    /** What no event asks for. */
    public Input(String key, Condition condition) {
      this(key, condition, null);
    }
  }

  /** That the key holds nothing now, or why it still does. */
  public sealed interface Output permits Gone, Ignored, Problem {}

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
    return output(
        input, Attempt.of(() -> store.delete(input.key(), input.condition(), input.event())));
  }

  @Override
  public List<Output> applyAll(List<Input> inputs) {
    return Several.outputs(
        inputs,
        input -> limits.checkKey(input.key()),
        fit -> Several.changed(store, fit, Delete::change, Delete::output));
  }

  private static Change<DeleteOutcome> change(Input input) {
    return new Change<>(input.key(), new Mutation.Delete(input.condition(), input.event()));
  }

  private static Output output(Input input, Attempt<DeleteOutcome> attempt) {
    return switch (attempt) {
      case Attempt.Unavailable<DeleteOutcome>(UnavailableException why) ->
          Problem.unavailableToWrite(why);
      case Attempt.Done<DeleteOutcome>(var outcome) -> output(input, outcome);
    };
  }

  private static Output output(Input input, DeleteOutcome outcome) {
    return switch (outcome) {
      case DeleteOutcome.Deleted deleted -> new Gone(input.key(), true);
      case DeleteOutcome.Absent absent -> new Gone(input.key(), false);
      case Unchanged.Duplicate duplicate -> new Ignored(Ignored.Why.DUPLICATE);
      case Unchanged.Stale stale -> new Ignored(Ignored.Why.STALE);
      case Unchanged.Rejected rejected -> Problem.preconditionFailed(rejected.currentEtag());
      case Unchanged.Full(long used, long budget) -> Problem.storeFull(used, budget);
    };
  }
}
