package io.kvfunctions.grid.trials;

import static io.kvfunctions.grid.trials.Attempt.Outcome.ACKNOWLEDGED;
import static io.kvfunctions.grid.trials.Attempt.Outcome.REFUSED;
import static io.kvfunctions.grid.trials.Attempt.Outcome.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Seed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That a trial can fail: with an instance alone, which keeps nothing when it is killed. */
class VerdictTest {
  private static final int REGISTERS = 200;
  private static final int COUNTERS = 2;
  private static final int SOME = 600;
  private static final int CLIENTS = 8;

  private final Ledger ledger = new Ledger(REGISTERS, COUNTERS);
  private final Journal journal = new Journal();
  private final SplittableRandom random = new SplittableRandom(Seed.forTest("VerdictTest"));

  @TempDir private Path logs;

  @Test
  void whatIsLostWithAnInstance_isFound_andNothingElse() {
    try (Places where = new Loopback(1)) {
      Place place = where.places().getFirst();
      try (Instance first = Instance.start("first", place, logs, List.of())) {
        first.awaitReady(Cluster.PATIENCE);
        write(place, load -> {});
        assertThat(Verdict.of(ledger, where.places(), journal))
            .isEqualTo(new Verdict(List.of(), List.of(), 0));

        Tally tally =
            write(
                place,
                load -> {
                  first.kill();
                  load.goOnFor(Duration.ofMillis(500));
                });
        assertThat(tally.count(ACKNOWLEDGED)).isGreaterThanOrEqualTo(SOME);
        assertThat(tally.count(UNKNOWN))
            .isLessThanOrEqualTo(CLIENTS * 9); // as many as one request writes
        assertThat(tally.count(REFUSED)).as("not sent to who was not there").isPositive();
        assertThat(tally.wrongReads()).isEmpty();
      }
      try (Instance second = Instance.start("second", place, logs, List.of())) {
        second.awaitReady(Cluster.PATIENCE);
        Verdict verdict = Verdict.of(ledger, where.places(), journal);
        assertThat(verdict.lost())
            .filteredOn(loss -> loss.startsWith("write of register/"))
            .hasSizeBetween(REGISTERS / 2, REGISTERS)
            .allSatisfy(
                loss ->
                    assertThat(loss)
                        .matches(
                            "write of register/\\d+ to register/.* through p1, asked .* s,"
                                + " acknowledged .* s \\((PUT 20[14]|POST 204|POST of several"
                                + " ACKNOWLEDGED)\\); but nothing is there"));
        assertThat(verdict.lost())
            .filteredOn(loss -> loss.startsWith("counted, but at 0 in the end: "))
            .hasSizeGreaterThanOrEqualTo(COUNTERS);
        assertThat(verdict.faults()).isEmpty();
        assertThat(verdict.late()).isZero();

        write(place, load -> {});
        assertThat(Verdict.of(ledger, where.places(), journal))
            .isEqualTo(new Verdict(List.of(), List.of(), 0));
      }
    }
  }

  private interface Interference {
    void with(Load load);
  }

  private Tally write(Place place, Interference interference) {
    Tally tally = new Tally();
    try (Load load =
        new Load(ledger, tally, journal, List.of(place), CLIENTS, 1_000, random.split())) {
      load.awaitAcknowledged(SOME, Cluster.PATIENCE);
      interference.with(load);
    }
    return tally;
  }
}
