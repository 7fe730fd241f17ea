package io.kvfunctions.http;

import io.kvfunctions.events.Envelope;
import io.kvfunctions.events.Outcome;
import io.kvfunctions.events.Outcome.Done;
import io.kvfunctions.functions.Json;
import io.kvfunctions.functions.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * What became of the events of a batch, and the one answer that tells of it. For one thread.
 *
 * <p>Where some failed it is the problem of the first that may do better if the whole batch comes
 * again, which does no harm to those that were applied; else that of the first.
 */
final class BatchOutcome {
  /** How many of those that failed are told one by one. */
  private static final int TOLD = 100;

  private final List<Problem> told = new ArrayList<>();
  private int events;
  private int failed;
  private @Nullable Problem decisive;
  private @Nullable Done most;

  /** One more, the next in order. */
  void add(Envelope envelope, Outcome outcome) {
    int index = events++;
    switch (outcome) {
      case Done done -> most = most == null || done.compareTo(most) < 0 ? done : most;
      case Outcome.Failed(Problem problem) -> {
        failed++;
        if (decisive == null || (!isPassing(decisive) && isPassing(problem))) {
          decisive = problem;
        }
        if (told.size() < TOLD) {
          told.add(named(problem.with("index", index), envelope));
        }
      }
    }
  }

  private static boolean isPassing(Problem problem) {
    return Answer.statusOfEvent(problem.kind()) == 503;
  }

  /** The problem with what the event is known by, as far as it could be read. */
  private static Problem named(Problem problem, Envelope envelope) {
    Problem named = problem;
    for (String name : new String[] {"id", "source"}) {
      String value = envelope.attribute(name);
      named = value == null ? named : named.with(name, value);
    }
    return named;
  }

  Answer answer() {
    if (decisive == null) {
      return Answer.ofEvent(most);
    }
    Problem problem =
        new Problem(
            decisive.kind(),
            String.format(
                Locale.ROOT,
                "%,d of %,d events failed, the others stand: %s",
                failed,
                events,
                decisive.detail()),
            decisive.members());
    return Answer.ofEvent(
        problem,
        generator -> {
          generator.writeNumberProperty("failed", failed);
          generator.writeArrayPropertyStart("failures");
          told.forEach(failure -> write(failure, generator));
          generator.writeEndArray();
        });
  }

  private static void write(Problem failure, JsonGenerator generator) {
    Json.writeProblem(failure, Answer.statusOfEvent(failure.kind()), generator);
  }
}
