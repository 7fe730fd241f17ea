package io.kvfunctions.linearizability;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Concurrently;
import io.kvfunctions.Seed;
import io.kvfunctions.http.TestServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class LinearizabilityTest {
  private static final int CLIENTS = 8;
  private static final int REQUESTS = 3_000;
  private static final List<String> KEYS = List.of("hot-1", "hot-2", "hot-3", "hot- %2F/é?#+🔥");

  @Test
  void severalClientsAtOnce_seeAStoreThatDoesOneThingAfterTheOther() throws Exception {
    long seed = Seed.forTest("severalClientsAtOnce");
    History history = new History();
    long start = System.nanoTime();
    try (TestServer server = TestServer.start(Map.of())) {
      Concurrently.run(
          CLIENTS,
          number -> {
            RandomGenerator random = new SplittableRandom(seed * CLIENTS + number);
            try (Client client =
                new Client(
                    number,
                    List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port())),
                    KEYS,
                    "hot-",
                    random,
                    history)) {
              for (int request = 0; request < REQUESTS; request++) {
                client.step();
                if (random.nextInt(20) == 0) {
                  server.clock().move(Duration.ofMillis(1));
                }
              }
            }
          });
    }
    long told = System.nanoTime();
    Violation violation = history.check();
    long checked = System.nanoTime();

    Map<String, Long> outcomes =
        history.operations().stream()
            .collect(
                Collectors.groupingBy(
                    operation -> operation.outcome().getClass().getSimpleName(),
                    Collectors.counting()));
    System.out.printf(
        "%,d operations in %,d ms, checked in %,d ms: %s%n",
        history.operations().size(),
        (told - start) / 1_000_000,
        (checked - told) / 1_000_000,
        outcomes);
    assertThat(violation).isNull();
    assertThat(history.reusedEtags()).isEmpty();
    // Else it would show little.
    assertThat(history.operations()).hasSizeGreaterThan(CLIENTS * REQUESTS);
    assertThat(outcomes)
        .containsOnlyKeys("Found", "NotFound", "Stored", "Deleted", "Gone", "Rejected")
        .allSatisfy((outcome, count) -> assertThat(count).as(outcome).isGreaterThan(500));
  }
}
