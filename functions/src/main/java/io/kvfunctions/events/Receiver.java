package io.kvfunctions.events;

import io.kvfunctions.events.Outcome.Done;
import io.kvfunctions.functions.Batched;
import io.kvfunctions.functions.Delete;
import io.kvfunctions.functions.Ignored;
import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.ProblemException;
import io.kvfunctions.functions.Put;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Has done what events ask for, by the functions, and counts what became of them. Safe for any
 * number of threads: of deliveries of one event at the same moment, one is applied and the others
 * are duplicates.
 */
public final class Receiver {
  private final Function<Put.Input, Put.Output> put;
  private final Function<Delete.Input, Delete.Output> delete;
  private final Interpreter interpreter;
  private final EventMetrics metrics;

  /**
   * @param keyAttributes where the key of an event may stand (kv.events.key)
   */
  public Receiver(
      Function<Put.Input, Put.Output> put,
      Function<Delete.Input, Delete.Output> delete,
      List<String> keyAttributes,
      EventMetrics metrics) {
    this.put = put;
    this.delete = delete;
    this.interpreter = new Interpreter(keyAttributes);
    this.metrics = metrics;
  }

  /** Deals with an event. What is wrong with it is in what this gives, and not thrown. */
  public Outcome receive(Envelope envelope, Mode mode, Addressee to) {
    Outcome outcome;
    try {
      outcome =
          switch (interpreter.call(envelope, to)) {
            case Call.ToPut(Put.Input input) -> outcome(put.apply(input));
            case Call.ToDelete(Delete.Input input) -> outcome(delete.apply(input));
          };
    } catch (ProblemException e) {
      outcome = new Outcome.Failed(e.problem());
    }
    return counted(envelope, mode, outcome);
  }

  /**
   * Deals with several, as if each came after the one before it: consecutive puts are called for
   * together, and so are deletes. Gives what became of each.
   */
  public List<Outcome> receiveAll(List<Envelope> envelopes, Mode mode, Addressee to) {
    @Nullable Outcome[] outcomes = new Outcome[envelopes.size()];
    Run<Put.Input, Put.Output> puts = new Run<>(put, Receiver::outcome, outcomes);
    Run<Delete.Input, Delete.Output> deletes = new Run<>(delete, Receiver::outcome, outcomes);
    for (int i = 0; i < outcomes.length; i++) {
      try {
        switch (interpreter.call(envelopes.get(i), to)) {
          case Call.ToPut(Put.Input input) -> {
            deletes.end();
            puts.add(input, i);
          }
          case Call.ToDelete(Delete.Input input) -> {
            puts.end();
            deletes.add(input, i);
          }
        }
      } catch (ProblemException e) {
        outcomes[i] = new Outcome.Failed(e.problem());
      }
    }
    puts.end();
    deletes.end();
    List<Outcome> all = new ArrayList<>(outcomes.length);
    for (int i = 0; i < outcomes.length; i++) {
      all.add(counted(envelopes.get(i), mode, Objects.requireNonNull(outcomes[i])));
    }
    return all;
  }

  /** Consecutive events that ask for the same function. */
  private static final class Run<I, O> {
    private final Function<I, O> function;
    private final Function<O, Outcome> outcome;
    private final @Nullable Outcome[] outcomes;
    private final List<I> inputs = new ArrayList<>();
    private final List<Integer> places = new ArrayList<>();

    /**
     * @param outcomes where to put what became of each, each in its place
     */
    Run(Function<I, O> function, Function<O, Outcome> outcome, @Nullable Outcome[] outcomes) {
      this.function = function;
      this.outcome = outcome;
      this.outcomes = outcomes;
    }

    void add(I input, int place) {
      inputs.add(input);
      places.add(place);
    }

    /** Has them done. */
    void end() {
      if (!inputs.isEmpty()) {
        List<O> outputs = Batched.applyAll(function, inputs);
        for (int i = 0; i < outputs.size(); i++) {
          outcomes[places.get(i)] = outcome.apply(outputs.get(i));
        }
        inputs.clear();
        places.clear();
      }
    }
  }

  private Outcome counted(Envelope envelope, Mode mode, Outcome outcome) {
    metrics.count(mode, envelope.kind(), outcome);
    if (outcome == Done.APPLIED) {
      metrics.applied(envelope.event().time());
    }
    return outcome;
  }

  private static Outcome outcome(Put.Output output) {
    return switch (output) {
      case Put.Stored stored -> Done.APPLIED;
      case Ignored ignored -> done(ignored);
      case Problem problem -> new Outcome.Failed(problem);
    };
  }

  private static Outcome outcome(Delete.Output output) {
    return switch (output) {
      case Delete.Gone gone -> Done.APPLIED;
      case Ignored ignored -> done(ignored);
      case Problem problem -> new Outcome.Failed(problem);
    };
  }

  private static Done done(Ignored ignored) {
    return switch (ignored.why()) {
      case DUPLICATE -> Done.DUPLICATE;
      case STALE -> Done.STALE;
    };
  }

  /** Gives up on an event whose data will not be had, and counts it as failed. */
  public Problem refuse(Envelope envelope, Mode mode, Problem problem) {
    metrics.count(mode, envelope.kind(), new Outcome.Failed(problem));
    return problem;
  }
}
