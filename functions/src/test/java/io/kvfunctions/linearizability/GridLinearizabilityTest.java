package io.kvfunctions.linearizability;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Concurrently;
import io.kvfunctions.Seed;
import io.kvfunctions.grid.trials.Cluster;
import io.kvfunctions.grid.trials.Loopback;
import io.kvfunctions.grid.trials.Places;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** As long as nothing fails, three instances tell what one would. */
class GridLinearizabilityTest {
  private static final int SIZE = 3;
  private static final int CLIENTS = 8;
  private static final int REQUESTS = 600;
  private static final List<String> KEYS =
      List.of("hot-1", "hot-2", "hot-3", "hot-4", "hot- %2F/é?#+🔥");

  @Test
  void clientsOfThreeInstances_seeAStoreThatDoesOneThingAfterTheOther() throws Exception {
    long seed = Seed.forTest("clientsOfThreeInstances");
    History history = new History();
    try (Places where = new Loopback(SIZE);
        Cluster cluster =
            new Cluster(
                new Cluster.Terms(SIZE, Duration.ofSeconds(10), Duration.ofSeconds(30)),
                where,
                Path.of("target", "trials"))) {
      cluster.startAll();
      cluster.awaitWhole(Cluster.PATIENCE);
      List<InetSocketAddress> servers =
          cluster.places().stream()
              .map(place -> new InetSocketAddress(place.address(), place.port()))
              .toList();
      Concurrently.run(
          CLIENTS,
          number -> {
            RandomGenerator random = new SplittableRandom(seed * CLIENTS + number);
            try (Client client = new Client(number, servers, KEYS, "hot-", random, history)) {
              for (int request = 0; request < REQUESTS; request++) {
                client.step();
              }
            }
          });
    }
    Map<String, Long> outcomes =
        history.operations().stream()
            .collect(
                Collectors.groupingBy(
                    operation -> operation.outcome().getClass().getSimpleName(),
                    Collectors.counting()));
    System.out.printf("%,d operations: %s%n", history.operations().size(), outcomes);
    assertThat(history.check()).isNull();
    assertThat(history.reusedEtags()).isEmpty();
    // Else it would show little.
    assertThat(history.operations()).hasSizeGreaterThan(CLIENTS * REQUESTS);
    assertThat(outcomes)
        .containsOnlyKeys("Found", "NotFound", "Stored", "Deleted", "Gone", "Rejected")
        .allSatisfy((outcome, count) -> assertThat(count).as(outcome).isGreaterThan(100));
  }
}
