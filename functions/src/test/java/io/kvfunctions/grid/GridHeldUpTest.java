package io.kvfunctions.grid;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.internal.partition.InternalPartitionService;
import io.kvfunctions.http.Await;
import io.kvfunctions.http.TestServer;
import io.kvfunctions.store.Attempt;
import io.kvfunctions.store.Change;
import io.kvfunctions.store.Condition.Presence;
import io.kvfunctions.store.Mutation;
import io.kvfunctions.store.Occurrence;
import io.kvfunctions.store.PutOutcome;
import io.kvfunctions.store.Shard;
import io.kvfunctions.store.Stores;
import io.kvfunctions.store.TimeToLive;
import io.kvfunctions.store.UnavailableException;
import io.kvfunctions.store.Unchanged;
import java.time.Duration;
import java.util.AbstractMap.SimpleEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.LivenessState;

/** Three instances, parts of which do nothing for a while, refuse, have no room, or end. */
class GridHeldUpTest {
  private static TestGrid grid;
  private static Members members;

  @BeforeAll
  static void start() {
    grid =
        TestGrid.start(
            Map.of(
                "kv.limits.memory", "4MB",
                "kv.expiry.interval", "1h",
                "kv.grid.call-timeout", "2s"));
    members = new Members(grid);
  }

  @AfterAll
  static void stop() {
    grid.close();
  }

  private static Grid at(int instance) {
    return grid.servers().get(instance).context().getBean(Grid.class);
  }

  private static Change<PutOutcome> put(String key, String value) {
    return put(key, value, TimeToLive.NONE);
  }

  private static Change<PutOutcome> put(String key, String value, TimeToLive ttl) {
    return new Change<>(key, new Mutation.Put(Stores.text(value), ttl, Presence.ANY, null));
  }

  private static String read(String key) {
    return Stores.textOf(at(0).entries().get(key));
  }

  private static boolean goesToBackups(String key, Mutation<?> mutation) {
    Step step = new Step(mutation);
    step.setHazelcastInstance(members.engine(1));
    step.process(new SimpleEntry<>(key, at(0).entries().get(key)));
    return step.getBackupProcessor() != null;
  }

  @Test
  void whatIsAcknowledgedWithoutAChange_waitsForTheBackupsOfWhatItRestsOn() {
    Occurrence event = Occurrence.of("/source", "1", null);
    Mutation<PutOutcome> byEvent =
        new Mutation.Put(Stores.text("v"), TimeToLive.NONE, Presence.ANY, event);
    String key = members.key("acknowledged", 1, 2);
    assertThat(at(0).entries().change(key, byEvent)).isInstanceOf(PutOutcome.Created.class);

    assertThat(goesToBackups(key, byEvent)).as("a duplicate").isTrue();
    assertThat(goesToBackups(members.key("nothing", 1, 2), new Mutation.Delete(Presence.ANY, null)))
        .as("a delete of nothing")
        .isTrue();
    assertThat(
            goesToBackups(
                key, new Mutation.Put(Stores.text("v"), TimeToLive.NONE, Presence.ABSENT, null)))
        .as("what is refused")
        .isFalse();
  }

  @Test
  void ofABatch_whatWasDoneIsTold_whereAnotherIsOnItsWayBack() {
    String refused = members.key("refused", 1, 2);
    String done = members.key("done", 2, 1);
    for (int i = 0; i < 3; i++) {
      Site.of(members.engine(i))
          .losses()
          .lost(members.partition(refused), false, 1, System.nanoTime());
    }

    List<Attempt<PutOutcome>> attempts =
        at(0).entries().changeAll(List.of(put(refused, "1"), put(done, "2"), put(done, "3")));

    assertThat(attempts.get(0))
        .isInstanceOfSatisfying(
            Attempt.Unavailable.class,
            unavailable -> assertThat(unavailable.why().isMaybeDone()).isFalse());
    assertThat(attempts.get(1).outcome()).isInstanceOf(PutOutcome.Created.class);
    assertThat(attempts.get(2).outcome()).isInstanceOf(PutOutcome.Replaced.class);
    assertThat(read(done)).isEqualTo("3");
    assertThat(failure(() -> at(0).entries().list("", null, 10))).hasMessage(Site.ON_THEIR_WAY);
    for (int i = 0; i < 3; i++) {
      Site.of(members.engine(i)).losses().joinOthers(false); // has them forget the loss
    }
  }

  @Test
  void ofABatch_theLastWriteOfAKeyStands_whereTheFirstFoundNoRoomAtOnce() {
    String key = members.key("twice", 0, 1);
    String large = "x".repeat(200_000);
    for (int i = 0; ; i++) {
      Change<PutOutcome> put = put("filling" + i, large, new TimeToLive.Seconds(10));
      if (at(0).entries().change(put.key(), put.mutation()) instanceof Unchanged.Full) {
        break;
      }
    }
    grid.clock().orElseThrow().accept(Duration.ofSeconds(11));

    List<Attempt<PutOutcome>> attempts =
        at(0)
            .entries()
            .changeAll(List.of(put(key, large), put(key, "last"), put(key, "very last")));

    assertThat(attempts)
        .extracting(Attempt::outcome)
        .doesNotHaveAnyElementsOfTypes(Unchanged.class);
    assertThat(read(key)).isEqualTo("very last");
  }

  @Test
  void rounds_goOn_whateverPartitionsWaitFor() {
    List<String> keys =
        List.of(members.key("held", 0, 1), members.key("held", 1, 2), members.key("held", 2, 0));
    List<CountDownLatch> releases = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        releases.add(members.hold(i, members.partition(keys.get(i))));
        Site.of(members.engine(i)).shards().forgetAll(); // to be made anew, once it may
      }
      long begun = System.nanoTime();

      // For longer than an answer counts, and than what looks for backups takes to do so.
      Await.until(
          "rounds",
          () -> {
            for (int i = 0; i < 3; i++) {
              assertThat(at(i).quorum().isWhole(System.nanoTime())).as("instance %s", i).isTrue();
            }
            return System.nanoTime() - begun > Duration.ofSeconds(8).toNanos();
          });
      assertThat(shard(1, keys.get(1))).isNull();
      assertThat(at(0).safety().isSafe()).isFalse();
    } finally {
      releases.forEach(CountDownLatch::countDown);
    }
    Await.until("shard", () -> shard(1, keys.get(1)) != null);
    Await.until("safe", () -> at(0).safety().isSafe());
  }

  private static @Nullable Shard shard(int instance, String key) {
    return Site.of(members.engine(instance)).shards().at(members.partition(key));
  }

  @Test
  void aCallThatIsNotAnswered_endsInTime_andSaysWhetherItMayHaveBeenDone() {
    String key = members.key("unanswered", 1, 2);
    at(0).entries().change(key, put(key, "0").mutation());
    CountDownLatch release = members.hold(1, members.partition(key));
    try {
      for (Attempt<PutOutcome> attempt :
          at(0).entries().changeAll(List.of(put(key, "1"), put(key, "2")))) {
        assertThat(attempt)
            .isInstanceOfSatisfying(
                Attempt.Unavailable.class,
                unavailable -> assertThat(unavailable.why().isMaybeDone()).isTrue());
      }
      assertThat(failure(() -> at(0).entries().getAll(List.of(key, "other"))).isMaybeDone())
          .isFalse();
      assertThat(failure(() -> at(0).entries().list("", null, 1)).isMaybeDone()).isFalse();
    } finally {
      release.countDown();
    }
    Await.until("answers", () -> isWritten(key));
  }

  private static boolean isWritten(String key) {
    return at(0).entries().changeAll(List.of(put(key, "3"))).getFirst() instanceof Attempt.Done<?>;
  }

  private static UnavailableException failure(Runnable call) {
    try {
      call.run();
    } catch (UnavailableException e) {
      return e;
    }
    throw new AssertionError("it was answered");
  }

  @Test
  void aListing_looksUpNoMoreThanItGives() {
    for (int i = 0; i < 10; i++) {
      at(0).entries().change("listed/" + i, put("listed/" + i, "v").mutation());
    }

    assertThat(at(1).entries().list("listed/", null, 3).entries())
        .extracting(item -> item.key())
        .containsExactly("listed/0", "listed/1", "listed/2");
    assertThat(at(1).entries().list("listed/", "listed/2", 100).entries()).hasSize(7);
  }

  @Test
  void whoIsReady_hasItsShare_andNothingIsToMove() {
    try (TestGrid other = TestGrid.start(Map.of())) {
      for (TestServer server : other.servers()) {
        InternalPartitionService partitions =
            Members.engine(server).node.getNodeEngine().getPartitionService();
        assertThat(partitions.getMemberPartitionsIfAssigned(Members.engine(server).node.address))
            .hasSizeGreaterThan(partitions.getPartitionCount() / 4);
        assertThat(partitions.hasOnGoingMigration()).isFalse();
      }
    }
  }

  @Test
  void anInstanceWhoseEngineHasEnded_isOfNoUse() {
    try (TestGrid other = TestGrid.start(Map.of())) {
      Members.engine(other.servers().get(2)).node.shutdown(true); // as where memory has run out

      ApplicationAvailability availability =
          other.servers().get(2).context().getBean(ApplicationAvailability.class);
      Await.until("broken", () -> availability.getLivenessState() == LivenessState.BROKEN);
    }
  }
}
