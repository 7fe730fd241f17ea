package io.kvfunctions;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.store.Condition.Presence;
import io.kvfunctions.store.Store;
import io.kvfunctions.store.Stores;
import io.kvfunctions.store.TimeToLive;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SweeperTest {
  private final SettableClock clock = new SettableClock();
  private final Store store = Stores.over(clock);

  private void writeThatExpire(int entries) {
    for (int i = 0; i < entries; i++) {
      store.put("k" + i, Stores.text("1"), TimeToLive.ofSeconds(1), Presence.ANY);
    }
    clock.move(Duration.ofSeconds(1));
  }

  @Test
  @Timeout(20)
  void start_sweepsPassAfterPassUntilNothingExpiredIsLeft_andAgainAfterAStop() {
    Sweeper sweeper = new Sweeper(store, Duration.ofMillis(1), 10);
    for (int round = 1; round <= 2; round++) {
      writeThatExpire(95);

      sweeper.start();
      assertThat(sweeper.isRunning()).isTrue();
      while (store.size() > 0) {
        Thread.onSpinWait();
      }
      sweeper.stop();

      assertThat(sweeper.isRunning()).isFalse();
      assertThat(store.expired()).isEqualTo(95L * round);
      assertThat(store.budget().usedBytes()).isZero();
    }
  }

  @Test
  @Timeout(20)
  void oneFullPassIsFollowedByTheNextAtOnce() {
    writeThatExpire(25);
    Sweeper sweeper =
        new Sweeper(store, Duration.ofHours(1), 10); // so that only the first comes in time

    sweeper.start();
    while (store.size() > 0) {
      Thread.onSpinWait();
    }
    sweeper.stop();

    assertThat(store.expired()).isEqualTo(25);
  }

  @Test
  void stop_ofOneThatWasNeverStartedDoesNothing() {
    Sweeper sweeper = new Sweeper(store, Duration.ofMillis(1), 10);

    sweeper.stop();

    assertThat(sweeper.isRunning()).isFalse();
  }
}
