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
import java.util.List;
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

  private static boolean isTaken(Losses losses, int partition, Entry entry) {
    return losses.isToBeTaken(partition, entry, Losses.Brought.NOTHING, null);
  }

  private static Losses.Brought from(String origin) {
    return new Losses.Brought(origin, false);
  }

  private static void tell(Losses from, Losses to, long nowNanos) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    from.writeTo(new DataOutputStream(bytes), nowNanos);
    to.readFrom(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())), nowNanos);
  }

  private static Electorate beginning(String id) {
    return Electorate.NONE.next(List.of(id));
  }

  @Test
  void isToBeTaken_isWhatWasWrittenBeforeItsPartitionWasLost() {
    Entry before = written("before");
    losses.lost(0, true, clock.millis(), 0);
    clock.move(Duration.ofMillis(1));
    Entry after = written("after");

    assertThat(isTaken(losses, 0, before)).isTrue();
    assertThat(isTaken(losses, 0, after)).isFalse();
    assertThat(isTaken(losses, 1, before)).isFalse();
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

    assertThat(isTaken(others, 0, before)).isTrue();
    assertThat(isTaken(others, 1, before)).isTrue();
    assertThat(others.isAwaited(0, 60 * SECOND)).isTrue();
    assertThat(others.isAwaited(1, 60 * SECOND)).isFalse();
    assertThat(others.isAwaited(0, 66 * SECOND)).isFalse();
  }

  @Test
  void joinOthers_isForWhoJoinsOthersThatWentOn_andDeletedMeanwhile() {
    Entry before = written("before");
    losses.lost(0, false, clock.millis(), 0);

    losses.joinOthers(false);

    assertThat(isTaken(losses, 0, before)).isFalse();
    assertThat(losses.isAwaited(0, 1)).isFalse();
  }

  @Test
  void settle_forgetsLosses_onceAllWasWellForAMinute() {
    Entry before = written("before");
    losses.lost(0, true, clock.millis(), 0);

    losses.settle(true, 0);
    losses.settle(true, 50 * SECOND);
    losses.settle(false, 51 * SECOND);
    losses.settle(true, 52 * SECOND);
    losses.settle(true, 111 * SECOND);
    assertThat(isTaken(losses, 0, before)).isTrue();
    losses.settle(true, 112 * SECOND);
    assertThat(isTaken(losses, 0, before)).isFalse();
  }

  @Test
  void settle_forgetsWhatIsAwaited_onlyOnceItIsNot() {
    Entry before = written("before");
    losses.lost(0, false, clock.millis(), 0);
    losses.settle(true, 0);
    losses.prolong(60 * SECOND);
    losses.settle(true, 61 * SECOND);
    assertThat(isTaken(losses, 0, before)).isTrue();

    losses.settle(true, 80 * SECOND);
    assertThat(isTaken(losses, 0, before)).isFalse();
  }

  @Test
  void whatWasForgotten_isNotHeardOfAgain_butALaterLossIs() throws IOException {
    Entry before = written("before");
    losses.lost(0, true, clock.millis(), 0);
    Losses others = new Losses(2);
    tell(losses, others, 0);
    losses.settle(true, 0);
    losses.settle(true, 60 * SECOND);

    tell(others, losses, 60 * SECOND);
    assertThat(isTaken(losses, 0, before)).isFalse();
    others.lost(0, true, clock.millis() + 1, 60 * SECOND);
    tell(others, losses, 60 * SECOND);
    assertThat(isTaken(losses, 0, before)).isTrue();
  }

  @Test
  void whatIsLostAgain_evenInTheSameMillisecond_isALoss() {
    Entry before = written("before");
    losses.lost(0, true, clock.millis(), 0);
    losses.settle(true, 0);
    losses.settle(true, 60 * SECOND);

    losses.lost(0, true, clock.millis(), 60 * SECOND);

    assertThat(isTaken(losses, 0, before)).isTrue();
    losses.settle(true, 61 * SECOND);
    assertThat(isTaken(losses, 0, before)).isTrue();
  }

  @Test
  void ofThoseWithABeginningOfTheirOwn_allIsTaken_butWhatIsOlder() {
    losses.begin(beginning("here"), "here");
    Entry older = written("older");
    clock.move(Duration.ofMillis(1));
    Entry newer = written("newer");

    assertThat(losses.isToBeTaken(0, newer, from("there"), null)).isTrue();
    assertThat(losses.isToBeTaken(0, newer, from("there"), older)).isTrue();
    assertThat(losses.isToBeTaken(0, older, from("there"), newer)).isFalse();
    assertThat(losses.isToBeTaken(0, newer, from("here"), null)).isFalse();
    assertThat(losses.isToBeTaken(0, newer, from("here"), older)).isFalse();
    assertThat(losses.isToBeTaken(0, newer, from(""), null)).isFalse();
  }

  @Test
  void whoJoinsOthers_bringsItsBeginningAlong_andGoesByTheirs() throws IOException {
    Losses others = new Losses(2);
    others.begin(beginning("there"), "there");
    losses.begin(beginning("here"), "here");
    Entry entry = written("entry");

    losses.joinOthers(false);
    losses.begin(beginning("here"), "here"); // the electorate it still knows of
    tell(others, losses, 0);

    assertThat(others.isToBeTaken(0, entry, losses.brought(), null)).isTrue();
    assertThat(losses.isToBeTaken(0, entry, losses.brought(), null)).isTrue();
    assertThat(losses.isToBeTaken(0, entry, from("there"), null)).isFalse();
  }

  @Test
  void whoComesLater_hearsOfTheBeginning_andKeepsToIt() throws IOException {
    Losses later = new Losses(2);
    losses.begin(beginning("here"), "here");
    tell(losses, later, 0);
    later.begin(beginning("there"), "there");
    Entry entry = written("entry");

    assertThat(later.isToBeTaken(0, entry, from("here"), null)).isFalse();
    assertThat(later.isToBeTaken(0, entry, from("there"), null)).isTrue();
  }

  @Test
  void ofThoseWhoAnsweredUntilThen_whatIsNewerStands() {
    losses.begin(beginning("here"), "here");
    Entry older = written("older");
    clock.move(Duration.ofMillis(1));
    Entry newer = written("newer");
    Losses.Brought answered = new Losses.Brought("here", true);

    assertThat(losses.isToBeTaken(0, newer, answered, null)).isTrue();
    assertThat(losses.isToBeTaken(0, newer, answered, older)).isTrue();
    assertThat(losses.isToBeTaken(0, older, answered, newer)).isFalse();
  }

  @Test
  void begin_isForThoseOfTheFirstElectorate() {
    losses.begin(beginning("there"), "here");

    assertThat(losses.isToBeTaken(0, written("entry"), from("elsewhere"), null)).isFalse();
  }
}
