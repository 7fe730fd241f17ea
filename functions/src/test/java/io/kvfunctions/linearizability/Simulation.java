package io.kvfunctions.linearizability;

import io.kvfunctions.linearizability.Call.Condition;
import io.kvfunctions.linearizability.Outcome.Deleted;
import io.kvfunctions.linearizability.Outcome.Found;
import io.kvfunctions.linearizability.Outcome.Gone;
import io.kvfunctions.linearizability.Outcome.NotFound;
import io.kvfunctions.linearizability.Outcome.Rejected;
import io.kvfunctions.linearizability.Outcome.Stored;
import io.kvfunctions.linearizability.Outcome.Unknown;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Histories made up: such as a store would have told, and such as none needs to have. */
final class Simulation {
  private Simulation() {}

  private record Planned(int client, Call call, long invoked, long happens, long answered) {}

  /**
   * What clients of a store would have seen that does one thing after the other, each somewhere
   * between its call and its answer, a few of which get lost.
   */
  static History history(RandomGenerator random, int clients, int operations) {
    List<Planned> planned = new ArrayList<>();
    long[] free = new long[clients];
    for (int i = 0; i < operations; i++) {
      int client = random.nextInt(clients);
      long invoked = free[client] + random.nextInt(5);
      long happens = invoked + random.nextInt(20);
      long answered = happens + random.nextInt(20);
      free[client] = answered + 1;
      planned.add(new Planned(client, new Call.Get(), invoked, happens, answered));
    }
    planned.sort(Comparator.comparingLong(Planned::happens));

    History history = new History();
    List<String> seen = new ArrayList<>(List.of("none"));
    String etag = null;
    String value = null;
    int number = 0;
    for (Planned plan : planned) {
      number++;
      Call call = call(random, "v" + number, seen);
      boolean answerIsLost = random.nextInt(50) == 0;
      boolean requestIsLost = answerIsLost && random.nextBoolean();
      Outcome outcome = outcome(call, etag, value, "E" + number, random.nextBoolean());
      if (!requestIsLost) {
        switch (outcome) {
          case Stored stored -> {
            etag = stored.etag();
            value = ((Call.Put) call).value();
          }
          case Deleted deleted -> etag = null;
          case Gone gone -> etag = null;
          default -> {}
        }
      }
      if (etag != null && !answerIsLost) {
        seen.add(etag);
      }
      history.add(
          plan.client(),
          "k",
          call,
          answerIsLost ? new Unknown() : outcome,
          plan.invoked(),
          plan.answered(),
          null);
    }
    return history;
  }

  private static Call call(RandomGenerator random, String value, List<String> seen) {
    String etag = seen.get(Math.max(0, seen.size() - 1 - random.nextInt(3)));
    Condition condition =
        switch (random.nextInt(6)) {
          case 0, 1 -> Condition.match(etag);
          case 2 -> Condition.ABSENT;
          case 3 -> Condition.PRESENT;
          default -> Condition.ANY;
        };
    return switch (random.nextInt(5)) {
      case 0, 1 -> new Call.Put(value, condition);
      case 2 -> new Call.Delete(condition);
      default -> new Call.Get();
    };
  }

  private static Outcome outcome(
      Call call, @Nullable String etag, @Nullable String value, String newEtag, boolean tersely) {
    return switch (call) {
      case Call.Get() -> etag == null ? new NotFound() : new Found(etag, tersely ? null : value);
      case Call.Put(String written, Condition condition) ->
          condition.holds(etag) ? new Stored(newEtag, etag == null) : new Rejected(etag);
      case Call.Delete(Condition condition) ->
          !condition.holds(etag)
              ? new Rejected(etag)
              : tersely ? new Gone() : new Deleted(etag != null);
    };
  }

  /** A few overlapping operations with outcomes drawn from a hat: some happen to make sense. */
  static List<Operation> nonsense(RandomGenerator random, int operations) {
    List<Operation> made = new ArrayList<>();
    for (int i = 0; i < operations; i++) {
      long invoked = random.nextInt(12);
      long answered = invoked + random.nextInt(10);
      String etag = "E" + random.nextInt(operations);
      Call call = call(random, "v" + i, List.of(etag));
      Outcome outcome =
          random.nextInt(6) == 0
              ? new Unknown()
              : switch (call) {
                case Call.Get() ->
                    random.nextInt(3) == 0
                        ? new NotFound()
                        : new Found(etag, random.nextBoolean() ? null : "v" + etag.substring(1));
                case Call.Put put ->
                    random.nextInt(4) == 0
                        ? new Rejected(random.nextBoolean() ? null : etag)
                        : new Stored("E" + i, random.nextBoolean());
                case Call.Delete delete ->
                    switch (random.nextInt(4)) {
                      case 0 -> new Rejected(random.nextBoolean() ? null : etag);
                      case 1 -> new Deleted(true);
                      case 2 -> new Deleted(false);
                      default -> new Gone();
                    };
              };
      made.add(
          new Operation(
              i,
              i,
              "k",
              call,
              outcome,
              invoked,
              outcome instanceof Unknown ? Operation.NEVER : answered,
              Operation.NONE));
    }
    return made;
  }
}
