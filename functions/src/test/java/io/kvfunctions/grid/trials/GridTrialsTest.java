package io.kvfunctions.grid.trials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvfunctions.Seed;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The trials that every change goes through. Each can be run alone; together they take the cluster
 * that the one before has left whole, and none waits for a start but those that are about one.
 * {@link LongTrials} has all of them, many times over.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class GridTrialsTest {
  private static final int SIZE = 3;
  private static final int REQUESTS_PER_SECOND = 700;
  private static final Cluster.Terms TERMS =
      new Cluster.Terms(SIZE, Duration.ofSeconds(10), Duration.ofSeconds(30));

  private Places where;
  private Trials trials;
  private @Nullable String whyNoCuts;

  @BeforeAll
  void begin() {
    try {
      where = Network.of(2 * SIZE + 1);
    } catch (Network.Unavailable e) {
      whyNoCuts = e.getMessage();
      System.out.println("No trial of instances that are cut off from each other: " + whyNoCuts);
      where = new Loopback(2 * SIZE + 1);
    }
    trials =
        new Trials(
            TERMS,
            where,
            Path.of("target", "trials"),
            REQUESTS_PER_SECOND,
            Seed.forTest("GridTrialsTest"));
  }

  @AfterAll
  void end() {
    trials.close();
    where.close();
  }

  @Test
  @Order(1)
  void oneNeverComes_nobodyIsReadyAndAllSaySo_untilItComes() {
    assertGood(trials.oneNeverComes());
  }

  @Test
  @Order(2)
  void stranger_isNotLetIn() {
    assertGood(trials.stranger());
  }

  @Test
  @Order(3)
  void oneIsKilled_nothingIsLost() {
    assertGood(trials.kill());
  }

  @Test
  @Order(4)
  void threeRollouts_oneOfThemWithAKill_loseNothing() {
    assertGood(trials.rollout());
    assertGood(trials.rolloutWithAnOldOneKilled());
    assertGood(trials.rollout());
  }

  @Test
  @Order(5)
  void oneIsFrozenAndThawed_nothingIsLost() {
    assertGood(trials.freeze());
  }

  @Test
  @Order(6)
  void oneIsCutOff_itRefuses_andTheOthersGoOn() {
    assumeTrue(whyNoCuts == null, whyNoCuts);
    assertGood(trials.cut());
  }

  @Test
  @Order(7)
  void allStopAtOnce_endWith0_andStartAtOnceAsOneCluster() {
    assertGood(trials.stopAll());
    assertGood(trials.coldStart());
  }

  private static void assertGood(Report report) {
    System.out.println(report.line());
    assertThat(report.isGood()).as(report::toString).isTrue();
  }
}
