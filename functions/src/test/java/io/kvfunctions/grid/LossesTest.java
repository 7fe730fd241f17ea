package io.kvfunctions.grid;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.SettableClock;
import io.kvfunctions.store.Condition.Presence;
import io.kvfunctions.store.Entry;
import io.kvfunctions.store.Store;
import io.kvfunctions.store.Stores;
import io.kvfunctions.store.TimeToLive;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LossesTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final SettableClock clock = new SettableClock();
  private final Store store = Stores.over(clock);
  private final Losses losses = new Losses(2);

  private Entry written(String key) {
    store.put(key, Stores.text("value"), TimeToLive.NONE, Presence.ANY);
    return store.get(key);
  }

  @Test
  void isToBeTaken_isWhatWasWrittenBeforeItsPartitionWasLost() {
    Entry before = written("before");
    losses.lost(0, true, clock.millis(), 0);
    clock.move(Duration.ofMillis(1));
    Entry after = written("after");

    assertThat(losses.isToBeTaken(0, before)).isTrue();
    assertThat(losses.isToBeTaken(0, after)).isFalse();
    assertThat(losses.isToBeTaken(1, before)).isFalse();
  }

  @Test
  void isAwaited_whatWasLostWithoutAQuorum_untilAWhileAfterThereIsOneAgain() {
    losses.lost(0, false, clock.millis(), 0);

    assertThat(losses.isAwaited(0, SECOND)).isTrue();
    losses.prolong(100 * SECOND);
    assertThat(losses.isAwaited(0, 114 * SECOND)).isTrue();
    assertThat(losses.isAwaited(1, 114 * SECOND)).isFalse();
    assertThat(losses.isAwaited(0, 116 * SECOND)).isFalse();
    losses.prolong(116 * SECOND);
    assertThat(losses.isAwaited(0, 117 * SECOND)).isFalse();
  }

  @Test
  void isAwaited_nothingThatWasLostWithAQuorum_forNobodyHasIt() {
    losses.lost(0, true, clock.millis(), 0);

    assertThat(losses.isAwaited(0, 1)).isFalse();
    assertThat(losses.isAnyAwaited()).isFalse();
  }

  @Test
  void losses_areHeardOfByOthers_whoWaitForWhatTheyWaitFor() throws IOException {
    Entry before = written("before");
    losses.lost(0, false, clock.millis(), 0);
    losses.lost(1, true, clock.millis(), 0);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    losses.writeTo(new DataOutputStream(bytes), SECOND);
    Losses others = new Losses(2);

    others.readFrom(
        new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())), 50 * SECOND);

    assertThat(others.isToBeTaken(0, before)).isTrue();
    assertThat(others.isToBeTaken(1, before)).isTrue();
    assertThat(others.isAwaited(0, 60 * SECOND)).isTrue();
    assertThat(others.isAwaited(1, 60 * SECOND)).isFalse();
    assertThat(others.isAwaited(0, 66 * SECOND)).isFalse();
  }

  @Test
  void forget_isForWhoJoinsOthersThatWentOn_andDeletedMeanwhile() {
    Entry before = written("before");
    losses.lost(0, false, clock.millis(), 0);

    losses.forget();

    assertThat(losses.isToBeTaken(0, before)).isFalse();
    assertThat(losses.isAwaited(0, 1)).isFalse();
  }
}
