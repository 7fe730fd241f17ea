package io.kvfunctions.store;

import static io.kvfunctions.store.Condition.Presence.ABSENT;
import static io.kvfunctions.store.Condition.Presence.ANY;
import static io.kvfunctions.store.Condition.Presence.PRESENT;
import static io.kvfunctions.store.Stores.bytes;
import static io.kvfunctions.store.Stores.text;
import static io.kvfunctions.store.Stores.textOf;
import static io.kvfunctions.store.TimeToLive.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.junit.jupiter.api.Test;

/** Writes that events ask for: each once, none after a later one. */
class StoreEventsTest {
  private static final PutOutcome DUPLICATE = new Unchanged.Duplicate();
  private static final PutOutcome STALE = new Unchanged.Stale();
  private static final DeleteOutcome DUPLICATE_DELETE = new Unchanged.Duplicate();
  private static final DeleteOutcome STALE_DELETE = new Unchanged.Stale();
  private static final Duration WINDOW = Stores.EVENT_BOUNDS.window();
  private static final long MUCH = Long.MAX_VALUE / 2;

  private final SettableClock clock = new SettableClock();
  private final ConcurrentMap<String, Entry> map = new ConcurrentHashMap<>();
  private final Store store = Stores.over(clock, MUCH, Stores.EVENT_BOUNDS, map);

  /** An event of this id that tells of something at this second of its own time. */
  private static Occurrence event(String id, long second) {
    return Occurrence.of("/test", id, Instant.ofEpochSecond(second));
  }

  private static Occurrence withoutTime(String id) {
    return Occurrence.of("/test", id, null);
  }

  private PutOutcome put(String value, Occurrence event) {
    return store.put("a", text(value), NONE, ANY, event);
  }

  private DeleteOutcome delete(Occurrence event) {
    return store.delete("a", ANY, event);
  }

  private String value() {
    return textOf(store.get("a"));
  }

  // ---- which event it is

  @Test
  void anEventIsNamedByItsSourceAndItsIdTogether() {
    Occurrence event = Occurrence.of("/source", "id", null);

    assertThat(Occurrence.of("/source", "id", null)).isEqualTo(event);
    assertThat(Occurrence.of("/source", "id2", null)).isNotEqualTo(event);
    assertThat(Occurrence.of("/source2", "id", null)).isNotEqualTo(event);
    assertThat(Occurrence.of("/sourcei", "d", null)).isNotEqualTo(event);
    assertThat(Occurrence.of("id", "/source", null)).isNotEqualTo(event);
    assertThat(Occurrence.of("/source/\u00e9", "id", null))
        .isNotEqualTo(Occurrence.of("/source/?", "id", null));
  }

  @Test
  void theNameIsTheBeginningOfAHashThatDoesNotChange() {
    // Instances of different versions remember events for each other:
    // printf '\0\0\0\7/source\0\0\0\2id' | sha256sum
    assertThat(Occurrence.of("/source", "id", null))
        .isEqualTo(new Occurrence(0x87b54032e0897a5eL, 0x29f5b802d8ba1a38L, null));
  }

  // ---- once

  @Test
  void put_ofARedeliveredEvent_changesNothing() {
    put("1", event("e1", 1));
    Entry before = map.get("a");

    assertThat(put("1", event("e1", 1))).isEqualTo(DUPLICATE);
    assertThat(put("other data under the same id", event("e1", 1))).isEqualTo(DUPLICATE);
    assertThat(put("another time under the same id", event("e1", 9))).isEqualTo(DUPLICATE);
    assertThat(delete(event("e1", 1))).isEqualTo(DUPLICATE_DELETE);

    assertThat(map.get("a")).isSameAs(before);
  }

  @Test
  void delete_ofARedeliveredEvent_changesNothing() {
    put("1", event("e1", 1));
    assertThat(delete(event("e2", 2))).isEqualTo(new DeleteOutcome.Deleted());
    put("3", null);

    assertThat(delete(event("e2", 2))).isEqualTo(DUPLICATE_DELETE);
    assertThat(value()).isEqualTo("3");
  }

  @Test
  void anEventIsKnownUnderItsKeyAlone() {
    put("1", event("e1", 1));

    assertThat(store.put("b", text("1"), NONE, ANY, event("e1", 1)))
        .isInstanceOf(PutOutcome.Created.class);
  }

  @Test
  void anEventThatWasOvertakenAndComesAgain_isADuplicate() {
    put("1", event("e1", 1));
    put("2", event("e2", 2));

    assertThat(put("1", event("e1", 1))).isEqualTo(DUPLICATE);
  }

  @Test
  void anEventWithoutTime_isKnownByItsIdAlone() {
    assertThat(put("1", withoutTime("e1"))).isInstanceOf(PutOutcome.Created.class);
    assertThat(put("2", withoutTime("e2"))).isInstanceOf(PutOutcome.Replaced.class);

    assertThat(put("1", withoutTime("e1"))).isEqualTo(DUPLICATE);
    assertThat(put("2", withoutTime("e2"))).isEqualTo(DUPLICATE);
    assertThat(value()).isEqualTo("2");
  }

  // ---- in order

  @Test
  void put_ofALateEvent_changesNothing() {
    put("2", event("e2", 2));
    Entry before = map.get("a");

    assertThat(put("1", event("e1", 1))).isEqualTo(STALE);
    assertThat(map.get("a")).isSameAs(before);
  }

  @Test
  void delete_ofALateEvent_changesNothing() {
    put("2", event("e2", 2));

    assertThat(delete(event("e1", 1))).isEqualTo(STALE_DELETE);
    assertThat(value()).isEqualTo("2");
  }

  @Test
  void aLatePut_afterADelete_doesNotBringTheEntryBack() {
    put("1", event("e1", 1));
    delete(event("e3", 3));

    assertThat(put("2", event("e2", 2))).isEqualTo(STALE);
    assertThat(store.get("a")).isNull();
  }

  @Test
  void aLatePut_afterADeleteOfAKeyThatNeverWas_doesNotCreateIt() {
    assertThat(delete(event("e2", 2))).isEqualTo(new DeleteOutcome.Absent());

    assertThat(put("1", event("e1", 1))).isEqualTo(STALE);
    assertThat(put("3", event("e3", 3))).isInstanceOf(PutOutcome.Created.class);
  }

  @Test
  void lateIsDecidedToTheNanosecond() {
    Instant time = Instant.parse("2026-01-01T00:00:00.000000002Z");
    put("2", Occurrence.of("/test", "e2", time));

    assertThat(put("1", Occurrence.of("/test", "e1", time.minusNanos(1)))).isEqualTo(STALE);
    assertThat(put("3", Occurrence.of("/test", "e3", time.plusNanos(1))))
        .isInstanceOf(PutOutcome.Replaced.class);
  }

  @Test
  void timesMayBeAnyThereAre() {
    assertThat(put("1", Occurrence.of("/test", "e1", Instant.MIN)))
        .isInstanceOf(PutOutcome.Created.class);
    assertThat(put("2", event("e2", -1))).isInstanceOf(PutOutcome.Replaced.class);
    assertThat(put("3", Occurrence.of("/test", "e3", Instant.MAX)))
        .isInstanceOf(PutOutcome.Replaced.class);
    assertThat(put("4", event("e4", Long.MAX_VALUE / 1_000_000_000))).isEqualTo(STALE);
  }

  @Test
  void eventsOfTheSameTime_areAppliedAsTheyCome() {
    put("1", event("e1", 1));

    assertThat(put("2", event("e2", 1))).isInstanceOf(PutOutcome.Replaced.class);
    assertThat(put("1", event("e1", 1))).isEqualTo(DUPLICATE);
    assertThat(delete(event("e3", 1))).isEqualTo(new DeleteOutcome.Deleted());
    assertThat(put("0", event("e0", 0))).isEqualTo(STALE);
  }

  @Test
  void anEventWithoutTime_isNeitherLateNorMakesAnyLate() {
    put("2", event("e2", 2));

    assertThat(put("?", withoutTime("e?"))).isInstanceOf(PutOutcome.Replaced.class);
    assertThat(put("1", event("e1", 1))).isEqualTo(STALE);
    assertThat(put("3", event("e3", 2))).isInstanceOf(PutOutcome.Replaced.class);
  }

  // ---- writes in between that no event asks for

  @Test
  void aPlainWriteInBetween_isNotOverwrittenByARedeliveryOrALateEvent() {
    put("2", event("e2", 2));
    assertThat(put("mine", null)).isInstanceOf(PutOutcome.Replaced.class);

    assertThat(put("2", event("e2", 2))).isEqualTo(DUPLICATE);
    assertThat(put("1", event("e1", 1))).isEqualTo(STALE);
    assertThat(value()).isEqualTo("mine");
    assertThat(put("3", event("e3", 3))).isInstanceOf(PutOutcome.Replaced.class);
  }

  @Test
  void aPlainDeleteInBetween_isNotUndoneByARedeliveryOrALateEvent() {
    put("2", event("e2", 2));
    assertThat(delete(null)).isEqualTo(new DeleteOutcome.Deleted());
    assertThat(delete(null)).isEqualTo(new DeleteOutcome.Absent());

    assertThat(put("2", event("e2", 2))).isEqualTo(DUPLICATE);
    assertThat(put("1", event("e1", 1))).isEqualTo(STALE);
    assertThat(store.get("a")).isNull();
    assertThat(put("3", event("e3", 3))).isInstanceOf(PutOutcome.Created.class);
  }

  @Test
  void anExpiryInBetween_isNotUndoneByARedeliveryOrALateEvent_howeverItWasFound() {
    for (Runnable finding :
        new Runnable[] {
          () -> {},
          () -> store.get("a"),
          () -> store.sweep(10),
          () -> store.list("", null, 10),
          () -> store.delete("a", ANY),
          () -> store.delete("a", PRESENT)
        }) {
      store.put("a", text("2"), TimeToLive.ofSeconds(1), ANY, event("e2", 2));
      long expired = store.expired();
      clock.move(Duration.ofSeconds(1));
      finding.run();

      assertThat(put("2", event("e2", 2))).isEqualTo(DUPLICATE);
      assertThat(put("1", event("e1", 1))).isEqualTo(STALE);
      assertThat(store.get("a")).isNull();
      assertThat(store.expired()).isEqualTo(expired + 1);
      clock.move(WINDOW);
    }
  }

  @Test
  void anEventCanBeTheFirstToFindAnEntryExpired() {
    store.put("a", text("1"), TimeToLive.ofSeconds(1), ANY, event("e1", 1));
    clock.move(Duration.ofSeconds(1));

    assertThat(put("2", event("e2", 2))).isInstanceOf(PutOutcome.Created.class);
    assertThat(store.expired()).isEqualTo(1);
  }

  // ---- conditions and the budget

  @Test
  void whetherAnEventIsNewComesBeforeTheCondition() {
    put("2", event("e2", 2));

    assertThat(store.put("a", text("2"), NONE, ABSENT, event("e2", 2))).isEqualTo(DUPLICATE);
    assertThat(store.put("a", text("1"), NONE, ABSENT, event("e1", 1))).isEqualTo(STALE);
    assertThat(store.delete("a", ABSENT, event("e1", 1))).isEqualTo(STALE_DELETE);
  }

  @Test
  void anEventWhoseConditionDidNotHold_isNotRemembered() {
    assertThat(store.put("a", text("1"), NONE, PRESENT, event("e1", 9)))
        .isEqualTo(new Unchanged.Rejected(null));
    assertThat(store.delete("a", PRESENT, event("e1", 9))).isEqualTo(new Unchanged.Rejected(null));
    assertThat(map).isEmpty();
    put("0", event("e0", 0));

    assertThat(store.put("a", text("1"), NONE, PRESENT, event("e1", 9)))
        .isInstanceOf(PutOutcome.Replaced.class);
  }

  @Test
  void aTombstoneIsNoEntryForConditions() {
    put("1", event("e1", 1));
    Etag etag = store.get("a").etag();
    delete(event("e2", 2));

    assertThat(store.put("a", text("2"), NONE, PRESENT)).isEqualTo(new Unchanged.Rejected(null));
    assertThat(store.put("a", text("2"), NONE, Condition.match(etag)))
        .isEqualTo(new Unchanged.Rejected(null));
    assertThat(store.delete("a", PRESENT)).isEqualTo(new Unchanged.Rejected(null));
    assertThat(store.put("a", text("2"), TimeToLive.KEEP, ABSENT))
        .isInstanceOf(PutOutcome.Created.class);
    clock.move(WINDOW.multipliedBy(2));
    assertThat(value()).isEqualTo("2"); // it has not kept the tombstone's time to live
  }

  @Test
  void anEventThatFoundNoRoom_isNotRememberedAndAppliedWhenThereIs() {
    Store scratch = Stores.over(clock);
    scratch.put("a", bytes(100), NONE, ANY, event("e1", 1));
    Store full = Stores.over(clock, scratch.budget().usedBytes());
    full.put("b", bytes(100), NONE, ANY);

    assertThat(full.put("a", bytes(100), NONE, ANY, event("e1", 1)))
        .isInstanceOf(Unchanged.Full.class);
    full.delete("b", ANY);
    assertThat(full.put("a", bytes(100), NONE, ANY, event("e1", 1)))
        .isInstanceOf(PutOutcome.Created.class);
    assertThat(full.refused()).isEqualTo(1);
  }

  @Test
  void aDeleteByAnEvent_ofAKeyThatNeverWas_needsRoomToBeRemembered() {
    Store scratch = Stores.over(clock);
    scratch.delete("a", ANY, event("e1", 1));
    long tombstone = scratch.budget().usedBytes();

    assertThat(Stores.over(clock, tombstone).delete("a", ANY, event("e1", 1)))
        .isEqualTo(new DeleteOutcome.Absent());
    Store tooSmall = Stores.over(clock, tombstone - 1);
    assertThat(tooSmall.delete("a", ANY, event("e1", 1)))
        .isEqualTo(new Unchanged.Full(0, tombstone - 1));
    assertThat(tooSmall.delete("a", ANY)).isEqualTo(new DeleteOutcome.Absent());
    assertThat(tooSmall.refused()).isEqualTo(1);
    assertThat(tooSmall.budget().usedBytes()).isZero();
  }

  @Test
  void aPlainDelete_succeedsInAFullStore_andFreesMemoryForAnyEntry() {
    for (TimeToLive ttl : new TimeToLive[] {NONE, TimeToLive.ofSeconds(10)}) {
      for (int size = 0; size < 100; size++) {
        Store scratch = Stores.over(clock);
        scratch.put("a", bytes(size), ttl, ANY, event("e1", 1));
        long used = scratch.budget().usedBytes();
        Store full = Stores.over(clock, used);
        full.put("a", bytes(size), ttl, ANY, event("e1", 1));

        assertThat(full.delete("a", ANY)).isEqualTo(new DeleteOutcome.Deleted());

        assertThat(full.budget().usedBytes()).as("%d bytes", size).isLessThanOrEqualTo(used);
        assertThat(full.put("a", bytes(size), ttl, ANY, event("e1", 1))).isEqualTo(DUPLICATE);
      }
    }
  }

  @Test
  void whatIsForgottenDoesNotStandInTheWay_evenIfNothingSweeps() {
    Store scratch = Stores.over(clock);
    scratch.delete("0", ANY, event("e1", 1));
    Store store = Stores.over(clock, 10 * scratch.budget().usedBytes());
    for (int i = 0; i < 10; i++) {
      assertThat(store.delete("" + i, ANY, event("e1", 1))).isEqualTo(new DeleteOutcome.Absent());
    }
    assertThat(store.delete("x", ANY, event("e1", 1))).isInstanceOf(Unchanged.Full.class);

    clock.move(WINDOW);

    assertThat(store.delete("x", ANY, event("e1", 1))).isEqualTo(new DeleteOutcome.Absent());
    assertThat(store.budget().usedBytes()).isEqualTo(scratch.budget().usedBytes());
    assertThat(store.expired()).isZero();
  }

  // ---- the bounds of what is remembered

  @Test
  void anEventIsForgottenTheMillisecondTheWindowEnds() {
    put("1", event("e1", 1));
    clock.move(WINDOW.minusMillis(1));
    assertThat(put("1", event("e1", 1))).isEqualTo(DUPLICATE);
    assertThat(put("0", event("e0", 0))).isEqualTo(STALE);

    clock.move(Duration.ofMillis(1));
    assertThat(put("0", event("e0", 0))).isInstanceOf(PutOutcome.Replaced.class);
    assertThat(put("1", event("e1", 1))).isInstanceOf(PutOutcome.Replaced.class);
  }

  @Test
  void aTombstone_remembersAsLong_andNotLongerForBeingWrittenOverByDeletes() {
    put("1", event("e1", 1));
    delete(null);
    clock.move(WINDOW.minusMillis(1));
    delete(null);
    assertThat(put("1", event("e1", 1))).isEqualTo(DUPLICATE);
    assertThat(put("0", event("e0", 0))).isEqualTo(STALE);

    clock.move(Duration.ofMillis(1));
    assertThat(put("1", event("e1", 1))).isInstanceOf(PutOutcome.Created.class);
  }

  @Test
  void eachEventIsForgottenForItself() {
    put("1", event("e1", 1));
    clock.move(WINDOW.dividedBy(2));
    put("2", event("e2", 2));
    clock.move(WINDOW.dividedBy(2));

    assertThat(put("2", event("e2", 2))).isEqualTo(DUPLICATE);
    // Its id is forgotten; that something later was applied is not.
    assertThat(put("1", event("e1", 1))).isEqualTo(STALE);
    assertThat(map.get("a").events().size()).isEqualTo(2);
    put("plain", null);
    assertThat(map.get("a").events().size()).isEqualTo(1);
    clock.move(WINDOW.dividedBy(2));
    put("plain", null);
    assertThat(map.get("a").events()).isNull();
  }

  @Test
  void eventsWithoutTime_doNotMakeTheNewestTimeLastLonger() {
    put("2", event("e2", 2));
    clock.move(WINDOW.minusMillis(1));
    put("?", withoutTime("e?"));
    assertThat(put("1", event("e1", 1))).isEqualTo(STALE);

    clock.move(Duration.ofMillis(1));
    assertThat(put("1", event("e1", 1))).isInstanceOf(PutOutcome.Replaced.class);
    assertThat(put("?", withoutTime("e?"))).isEqualTo(DUPLICATE);
  }

  @Test
  void ofMoreEventsThanTheBound_theOldestAreForgottenFirst() {
    Store store = Stores.over(clock, MUCH, new EventMemory.Bounds(WINDOW, 3), map);
    for (int i = 1; i <= 4; i++) {
      store.put("a", text("" + i), NONE, ANY, withoutTime("e" + i));
    }

    for (int i = 2; i <= 4; i++) {
      assertThat(store.put("a", text("again"), NONE, ANY, withoutTime("e" + i)))
          .isEqualTo(DUPLICATE);
    }
    assertThat(store.put("a", text("again"), NONE, ANY, withoutTime("e1")))
        .isInstanceOf(PutOutcome.Replaced.class);
    assertThat(map.get("a").events().size()).isEqualTo(3);
  }

  @Test
  void anEventBeyondTheBound_isStillKnownToBeLate() {
    Store store = Stores.over(clock, MUCH, new EventMemory.Bounds(WINDOW, 1), map);
    for (int i = 1; i <= 3; i++) {
      store.put("a", text("" + i), NONE, ANY, event("e" + i, i));
    }

    assertThat(store.put("a", text("1"), NONE, ANY, event("e1", 1))).isEqualTo(STALE);
    assertThat(store.put("a", text("3"), NONE, ANY, event("e3", 3))).isEqualTo(DUPLICATE);
    assertThat(map.get("a").events().size()).isEqualTo(1);
  }

  @Test
  void aClockThatGoesBack_makesNothingForgottenSooner() {
    put("1", event("e1", 1));
    clock.move(Duration.ofMinutes(-5));
    put("2", event("e2", 2));
    clock.move(Duration.ofMinutes(5).plus(WINDOW).minusMillis(1));

    assertThat(put("1", event("e1", 1))).isEqualTo(DUPLICATE);
    assertThat(put("2", event("e2", 2))).isEqualTo(DUPLICATE);
    clock.move(Duration.ofMillis(1));
    assertThat(put("1", event("e1", 1))).isInstanceOf(PutOutcome.Replaced.class);
  }

  // ---- tombstones are seen by nobody

  @Test
  void aTombstoneIsNotReadNotListedAndNotCounted() {
    put("1", event("e1", 1));
    store.put("b", text("1"), NONE, ANY, event("e1", 1));
    store.put("c", text("1"), TimeToLive.ofSeconds(1), ANY, event("e1", 1));
    store.delete("never was", ANY, event("e2", 2));
    delete(event("e2", 2));
    clock.move(Duration.ofSeconds(1));
    assertThat(store.size()).isEqualTo(2); // c waits for the sweep
    store.sweep(10);

    assertThat(map).hasSize(4);
    assertThat(store.size()).isEqualTo(1);
    assertThat(store.get("a")).isNull();
    assertThat(store.get("c")).isNull();
    assertThat(store.list("", null, 10).entries()).extracting(Page.Item::key).containsExactly("b");
    assertThat(store.list("", "a", 1).more()).isFalse();
  }

  @Test
  void aKeyThatComesBack_isListedAndCountedAgain() {
    put("1", event("e1", 1));
    delete(event("e2", 2));
    assertThat(put("3", event("e3", 3))).isInstanceOf(PutOutcome.Created.class);

    assertThat(store.size()).isEqualTo(1);
    assertThat(store.list("", null, 10).entries()).hasSize(1);
    clock.move(WINDOW.multipliedBy(2));
    assertThat(store.sweep(10)).isZero(); // nothing is left of the tombstone's deadline
    assertThat(value()).isEqualTo("3");
  }

  @Test
  void anEtagNeverRepeats_thoughTheKeyWentInBetween() {
    Set<Etag> etags = new HashSet<>();
    for (int i = 0; i < 10; i++) {
      put("same", event("put" + i, i));
      assertThat(etags.add(store.get("a").etag())).isTrue();
      delete(event("delete" + i, i));
    }
  }

  @Test
  void sweep_givesBackTheMemoryOfTombstonesWhenTheWindowEnds() {
    put("1", event("e1", 1));
    delete(event("e2", 2));
    store.put("b", text("1"), TimeToLive.ofSeconds(1), ANY, event("e1", 1));
    clock.move(WINDOW.minusMillis(1));
    assertThat(store.sweep(10)).isEqualTo(1);
    assertThat(map).hasSize(2);

    clock.move(Duration.ofMillis(1));
    assertThat(store.sweep(10)).isEqualTo(2);
    assertThat(store.sweep(10)).isZero();
    assertThat(map).isEmpty();
    assertThat(store.budget().usedBytes()).isZero();
    assertThat(store.expired()).isEqualTo(1);
  }

  @Test
  void anEntryThatExpiresAfterTheWindow_leavesNoTombstone() {
    store.put("a", text("1"), TimeToLive.ofSeconds(WINDOW.toSeconds()), ANY, event("e1", 1));
    clock.move(WINDOW);

    assertThat(store.get("a")).isNull();
    assertThat(map).isEmpty();
    assertThat(store.budget().usedBytes()).isZero();
  }

  @Test
  void withoutEvents_nothingIsRemembered() {
    put("1", null);
    assertThat(map.get("a").events()).isNull();
    delete(null);

    assertThat(map).isEmpty();
    assertThat(store.budget().usedBytes()).isZero();
  }
}
