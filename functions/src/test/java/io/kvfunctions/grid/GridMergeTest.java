package io.kvfunctions.grid;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.SettableClock;
import io.kvfunctions.http.Await;
import io.kvfunctions.http.TestServer;
import io.kvfunctions.store.Condition.Presence;
import io.kvfunctions.store.Entries;
import io.kvfunctions.store.Mutation;
import io.kvfunctions.store.Stores;
import io.kvfunctions.store.TimeToLive;
import io.kvfunctions.store.UnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Two grids of the same name that did not reach each other when they began. */
class GridMergeTest {
  private static final int KEYS = 60;

  private final SettableClock clock = TestServer.clockAtRest();

  private static Entries entries(TestGrid grid, int instance) {
    return grid.servers().get(instance).context().getBean(Grid.class).entries();
  }

  private void put(TestGrid grid, String key, String value) {
    clock.move(Duration.ofMillis(10));
    Await.until("written", () -> isWritten(grid, key, value)); // they may be merging already
  }

  private static boolean isWritten(TestGrid grid, String key, String value) {
    try {
      entries(grid, 0)
          .change(key, new Mutation.Put(Stores.text(value), TimeToLive.NONE, Presence.ANY, null));
      return true;
    } catch (UnavailableException e) {
      return false;
    }
  }

  @Test
  void whatEitherHas_stands_andOfTheSameKeyWhatIsNewer() {
    String cluster = UUID.randomUUID().toString();
    List<Integer> ports = TestGrid.freePorts(4);
    List<Integer> early = ports.subList(0, 2);
    List<Integer> late = ports.subList(2, 4);
    // Those that come late are not there yet, and those that are there do not look for them.
    try (TestGrid looking = TestGrid.start(cluster, late, ports, clock);
        TestGrid found = TestGrid.start(cluster, early, early, clock)) {
      for (int i = 0; i < KEYS; i++) {
        put(found, "found" + i, "value");
        put(looking, "looking" + i, "value");
        put(found, "both" + i, i % 2 == 0 ? "older" : "newer");
        put(looking, "both" + i, i % 2 == 0 ? "newer" : "older");
        if (i % 2 != 0) {
          put(found, "both" + i, "newer");
        }
      }

      Await.until(
          "merged",
          Duration.ofMinutes(2),
          Duration.ofMillis(100),
          () -> Stream.of(looking, found).allMatch(GridMergeTest::isWhole));

      Await.until(
          "all there",
          Duration.ofSeconds(30),
          Duration.ofMillis(100),
          () -> IntStream.range(0, KEYS).allMatch(i -> isThere(found, i) && isThere(looking, i)));
      for (int i = 0; i < KEYS; i++) {
        assertThat(Stores.textOf(entries(found, 1).get("both" + i))).isEqualTo("newer");
      }
      assertThat(entries(looking, 1).list("", null, 1_000).entries()).hasSize(3 * KEYS);
    }
  }

  private static boolean isWhole(TestGrid grid) {
    return grid.servers().stream()
        .map(server -> server.context().getBean(Grid.class))
        .allMatch(each -> each.members() == 4 && each.isReady());
  }

  private static boolean isThere(TestGrid grid, int i) {
    try {
      return Stream.of("found" + i, "looking" + i)
          .allMatch(key -> entries(grid, 0).get(key) != null);
    } catch (UnavailableException stillMerging) {
      return false;
    }
  }
}
