package io.kvfunctions.functions;

import io.kvfunctions.store.Attempt;
import io.kvfunctions.store.Change;
import io.kvfunctions.store.Condition;
import io.kvfunctions.store.Etag;
import io.kvfunctions.store.Mutation;
import io.kvfunctions.store.Occurrence;
import io.kvfunctions.store.PutOutcome;
import io.kvfunctions.store.Store;
import io.kvfunctions.store.TimeToLive;
import io.kvfunctions.store.UnavailableException;
import io.kvfunctions.store.Unchanged;
import io.kvfunctions.store.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Stores a value under a key. */
public final class Put implements Batched<Put.Input, Put.Output> {
  private final Store store;
  private final Limits limits;

  public Put(Store store, Limits limits) {
    this.store = store;
    this.limits = limits;
  }

  /**
   * As JSON {@code {"key","value"|"base64","contentType"?,"ttl"?,"ifMatch"?,"ifNoneMatch"?}}.
   *
   * @param event the event that asks for it, null where none does
   */
  public record Input(
      String key, Value value, TimeToLive ttl, Condition condition, @Nullable Occurrence event) {
    /** What no event asks for. */
    public Input(String key, Value value, TimeToLive ttl, Condition condition) {
      this(key, value, ttl, condition, null);
    }
  }

  /** What was written, or why nothing was. */
  public sealed interface Output permits Stored, Ignored, Problem {}

  /**
   * As JSON {@code {"key","etag","created"}}.
   *
   * @param created whether there was no entry before
   */
  public record Stored(String key, Etag etag, boolean created) implements Output {}

  @Override
  public Output apply(Input input) {
    Problem unfit = unfit(input);
    if (unfit != null) {
      return unfit;
    }
    return output(
        input,
        Attempt.of(
            () ->
                store.put(
                    input.key(), input.value(), input.ttl(), input.condition(), input.event())));
  }

  private @Nullable Problem unfit(Input input) {
    Problem unfit = limits.checkKey(input.key());
    return unfit == null ? limits.checkValue(input.value().size()) : unfit;
  }

  @Override
  public List<Output> applyAll(List<Input> inputs) {
    return Several.outputs(
        inputs, this::unfit, fit -> Several.changed(store, fit, Put::change, Put::output));
  }

  private static Change<PutOutcome> change(Input input) {
    return new Change<>(
        input.key(),
        new Mutation.Put(input.value(), input.ttl(), input.condition(), input.event()));
  }

  private static Output output(Input input, Attempt<PutOutcome> attempt) {
    return switch (attempt) {
      case Attempt.Unavailable<PutOutcome>(UnavailableException why) ->
          Problem.unavailableToWrite(why);
      case Attempt.Done<PutOutcome>(var outcome) -> output(input, outcome);
    };
  }

  private static Output output(Input input, PutOutcome outcome) {
    return switch (outcome) {
      case PutOutcome.Created(Etag etag) -> new Stored(input.key(), etag, true);
      case PutOutcome.Replaced(Etag etag) -> new Stored(input.key(), etag, false);
      case Unchanged.Duplicate duplicate -> new Ignored(Ignored.Why.DUPLICATE);
      case Unchanged.Stale stale -> new Ignored(Ignored.Why.STALE);
      case Unchanged.Rejected rejected -> Problem.preconditionFailed(rejected.currentEtag());
      case Unchanged.Full(long used, long budget) -> Problem.storeFull(used, budget);
    };
  }
}
