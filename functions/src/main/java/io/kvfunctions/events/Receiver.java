package io.kvfunctions.events;

import io.kvfunctions.events.Outcome.Done;
import io.kvfunctions.functions.Delete;
import io.kvfunctions.functions.Ignored;
import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.ProblemException;
import io.kvfunctions.functions.Put;
import java.util.List;
import java.util.function.Function;

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
            case Call.ToPut(Put.Input input) ->
                switch (put.apply(input)) {
                  case Put.Stored stored -> Done.APPLIED;
                  case Ignored ignored -> done(ignored);
                  case Problem problem -> new Outcome.Failed(problem);
                };
            case Call.ToDelete(Delete.Input input) ->
                switch (delete.apply(input)) {
                  case Delete.Gone gone -> Done.APPLIED;
                  case Ignored ignored -> done(ignored);
                  case Problem problem -> new Outcome.Failed(problem);
                };
          };
    } catch (ProblemException e) {
      outcome = new Outcome.Failed(e.problem());
    }
    metrics.count(mode, envelope.kind(), outcome);
    if (outcome == Done.APPLIED) {
      metrics.applied(envelope.event().time());
    }
    return outcome;
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
