package io.kvfunctions.grid.trials;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Seed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every trial, many times over: run by {@code .ci/trials}, not with the other tests.
 *
 * <p>{@code -Dkv.trials.rounds} says how often (1), {@code -Dkv.trials.only} which, their names
 * with commas between; {@code -Dkv.trials.suspect-after} and {@code -Dkv.trials.rate} (of requests,
 * a second) change what they are held under.
 */
class LongTrials {
  private static final int SIZE = 3;

  private static final Map<String, Function<Trials, Report>> ALL = new LinkedHashMap<>();

  static {
    ALL.put("never", Trials::oneNeverComes);
    ALL.put("stranger", Trials::stranger);
    ALL.put("rollout", Trials::rollout);
    ALL.put("kill", Trials::kill);
    ALL.put("rollout-old", Trials::rolloutWithAnOldOneKilled);
    ALL.put("rollout-new", Trials::rolloutWithANewOneKilled);
    ALL.put("rollout-joining", Trials::rolloutWithAJoiningOneKilled);
    ALL.put("freeze", Trials::freeze);
    ALL.put("cut", Trials::cut);
    ALL.put("cut-one-way", Trials::cutOneWay);
    ALL.put("rollout-cut", Trials::rolloutWithOneCutOff);
    ALL.put("rollout-halves", Trials::rolloutCutInHalves);
    ALL.put("stop", Trials::stopAll);
    ALL.put("cold", Trials::coldStart);
  }

  @Test
  void nothingIsEverLost() throws Exception {
    int rounds = Integer.getInteger("kv.trials.rounds", 1);
    String only = System.getProperty("kv.trials.only", String.join(",", ALL.keySet()));
    Duration suspectAfter = Duration.ofSeconds(Long.getLong("kv.trials.suspect-after", 10));
    int rate = Integer.getInteger("kv.trials.rate", 800);
    List<String> names = Stream.of(only.split(",")).toList();
    assertThat(ALL.keySet()).containsAll(names);
    List<String> failures = new ArrayList<>();
    int run = 0;
    try (Network network = Network.of(2 * SIZE + 1);
        Trials trials =
            new Trials(
                new Cluster.Terms(SIZE, suspectAfter, Duration.ofMinutes(1)),
                network,
                Path.of("target", "trials"),
                rate,
                Seed.forTest("LongTrials"))) {
      for (int round = 1; round <= rounds; round++) {
        for (String name : names) {
          run++;
          try {
            Report report = ALL.get(name).apply(trials);
            System.out.println(report.isGood() ? report.line() : report);
            if (!report.isGood()) {
              failures.add(report.line());
            }
          } catch (AssertionError e) {
            System.out.println(e.getMessage());
            failures.add(e.getMessage().lines().findFirst().orElse(""));
          }
        }
      }
    }
    System.out.printf("%d trials, %d of them failed%n", run, failures.size());
    assertThat(failures).as(() -> failures.stream().collect(Collectors.joining("\n"))).isEmpty();
  }
}
