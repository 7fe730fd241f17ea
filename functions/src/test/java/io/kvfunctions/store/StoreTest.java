package io.kvfunctions.store;

import static io.kvfunctions.store.Condition.Presence.ABSENT;
import static io.kvfunctions.store.Condition.Presence.ANY;
import static io.kvfunctions.store.Condition.Presence.PRESENT;
import static io.kvfunctions.store.Stores.text;
import static io.kvfunctions.store.Stores.textOf;
import static io.kvfunctions.store.TimeToLive.KEEP;
import static io.kvfunctions.store.TimeToLive.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.SettableClock;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StoreTest {
  private static final Etag FOREIGN = new Etag(1, 2);

  private final SettableClock clock = new SettableClock();
  private final Store store = Stores.over(clock);

  private Etag write(String key, String value) {
    return write(key, value, NONE);
  }

  private Etag write(String key, String value, TimeToLive ttl) {
    return switch (store.put(key, text(value), ttl, ANY)) {
      case PutOutcome.Created(Etag etag) -> etag;
      case PutOutcome.Replaced(Etag etag) -> etag;
      case PutOutcome outcome -> throw new AssertionError(outcome);
    };
  }

  private static TimeToLive seconds(long seconds) {
    return TimeToLive.ofSeconds(seconds);
  }

  // ---- get, put, delete

  @Test
  void get_ofAKeyNeverWritten_isNull() {
    assertThat(store.get("a")).isNull();
  }

  @Test
  void put_ofANewKey_createsAndOfAKnownOneReplaces() {
    assertThat(store.put("a", text("1"), NONE, ANY)).isInstanceOf(PutOutcome.Created.class);
    assertThat(store.put("a", text("2"), NONE, ANY)).isInstanceOf(PutOutcome.Replaced.class);

    assertThat(textOf(store.get("a"))).isEqualTo("2");
    assertThat(store.size()).isEqualTo(1);
  }

  @Test
  void put_answersTheEtagThatGetThenShows() {
    Etag created = write("a", "1");
    assertThat(store.get("a").etag()).isEqualTo(created);

    Etag replaced = write("a", "2");
    assertThat(store.get("a").etag()).isEqualTo(replaced);
  }

  @Test
  void put_ofTheSameValueAgain_hasANewEtag() {
    Etag first = write("a", "A");
    Etag second = write("a", "B");
    Etag third = write("a", "A");

    assertThat(Set.of(first, second, third)).hasSize(3);
  }

  @Test
  void put_keepsTypeAndTimeOfTheWrite() {
    ContentType type = ContentType.of("Text/HTML; Charset=utf-8");
    store.put("a", Value.utf8("<p>", type), NONE, ANY);

    Entry entry = store.get("a");
    assertThat(entry.contentType().toString()).isEqualTo("Text/HTML; Charset=utf-8");
    assertThat(entry.lastModifiedMillis()).isEqualTo(clock.millis());
    assertThat(entry.size()).isEqualTo(3);
  }

  @Test
  void put_ofAnEmptyValue_isAnEntryOfNoBytes() {
    write("a", "");

    assertThat(store.get("a").size()).isZero();
  }

  @Test
  void anEntryGivesItsBytesOutReadOnlyAndEachTimeFromTheFirst() {
    write("a", "12");

    assertThat(store.get("a").value().isReadOnly()).isTrue();
    store.get("a").value().get();
    assertThat(store.get("a").value().remaining()).isEqualTo(2);
  }

  @Test
  void delete_saysWhetherThereWasAnEntry() {
    write("a", "1");

    assertThat(store.delete("a", ANY)).isEqualTo(new DeleteOutcome.Deleted());
    assertThat(store.delete("a", ANY)).isEqualTo(new DeleteOutcome.Absent());
    assertThat(store.get("a")).isNull();
    assertThat(store.size()).isZero();
  }

  @Test
  void keysAreNotNormalised() {
    write("\u00e9", "composed");
    write("e\u0301", "decomposed");
    write("a/../b", "dots");

    assertThat(textOf(store.get("\u00e9"))).isEqualTo("composed");
    assertThat(textOf(store.get("e\u0301"))).isEqualTo("decomposed");
    assertThat(store.get("b")).isNull();
  }

  // ---- conditions

  @Test
  void put_ifMatch_takesTheCurrent() {
    Etag current = write("a", "1");

    assertThat(store.put("a", text("2"), NONE, Condition.match(current)))
        .isInstanceOf(PutOutcome.Replaced.class);
    assertThat(textOf(store.get("a"))).isEqualTo("2");
  }

  @Test
  void put_ifMatch_rejectsTheStaleAndNamesTheCurrent() {
    Etag stale = write("a", "1");
    Etag current = write("a", "2");

    assertThat(store.put("a", text("3"), NONE, Condition.match(stale)))
        .isEqualTo(new Unchanged.Rejected(current));
    assertThat(textOf(store.get("a"))).isEqualTo("2");
  }

  @Test
  void put_ifMatch_ofAKeyWithoutEntryIsRejectedAndThereIsNoneToName() {
    assertThat(store.put("a", text("1"), NONE, Condition.match(FOREIGN)))
        .isEqualTo(new Unchanged.Rejected(null));
    assertThat(store.get("a")).isNull();
    assertThat(store.size()).isZero();
  }

  @Test
  void put_ifMatch_takesAnyOfSeveralAndNoneOfNone() {
    Etag current = write("a", "1");

    assertThat(store.put("a", text("2"), NONE, new Condition.Match(Set.of())))
        .isEqualTo(new Unchanged.Rejected(current));
    assertThat(store.put("a", text("2"), NONE, new Condition.Match(Set.of(FOREIGN, current))))
        .isInstanceOf(PutOutcome.Replaced.class);
  }

  @Test
  void put_ifAbsent_createsOnceAndThenNamesTheCurrent() {
    assertThat(store.put("a", text("1"), NONE, ABSENT)).isInstanceOf(PutOutcome.Created.class);
    Etag current = store.get("a").etag();

    assertThat(store.put("a", text("2"), NONE, ABSENT)).isEqualTo(new Unchanged.Rejected(current));
    assertThat(textOf(store.get("a"))).isEqualTo("1");
  }

  @Test
  void put_ifPresent_replacesAndNeverCreates() {
    assertThat(store.put("a", text("1"), NONE, PRESENT)).isEqualTo(new Unchanged.Rejected(null));
    write("a", "1");
    assertThat(store.put("a", text("2"), NONE, PRESENT)).isInstanceOf(PutOutcome.Replaced.class);
  }

  @Test
  void put_ifNoneMatch_rejectsTheNamedAndTakesAnyOtherAndNone() {
    Condition notForeign = new Condition.NoneMatch(Set.of(FOREIGN));
    assertThat(store.put("a", text("1"), NONE, notForeign)).isInstanceOf(PutOutcome.Created.class);
    assertThat(store.put("a", text("2"), NONE, notForeign)).isInstanceOf(PutOutcome.Replaced.class);

    Etag current = store.get("a").etag();
    assertThat(store.put("a", text("3"), NONE, new Condition.NoneMatch(Set.of(current))))
        .isEqualTo(new Unchanged.Rejected(current));
  }

  @Test
  void put_ifUnmodifiedSince_goesByWholeSeconds() {
    clock.set(10_999);
    Etag current = write("a", "1");

    assertThat(store.put("a", text("2"), NONE, new Condition.UnmodifiedSince(9)))
        .isEqualTo(new Unchanged.Rejected(current));
    assertThat(store.put("a", text("2"), NONE, new Condition.UnmodifiedSince(10)))
        .isInstanceOf(PutOutcome.Replaced.class);
    assertThat(store.put("none", text("2"), NONE, new Condition.UnmodifiedSince(0)))
        .isInstanceOf(PutOutcome.Created.class);
  }

  @Test
  void put_ofTwoConditions_asksForBoth() {
    Etag current = write("a", "1");

    assertThat(store.put("a", text("2"), NONE, Condition.match(current).and(ABSENT)))
        .isEqualTo(new Unchanged.Rejected(current));
    assertThat(store.put("a", text("2"), NONE, ABSENT.and(Condition.match(current))))
        .isEqualTo(new Unchanged.Rejected(current));
    assertThat(store.put("a", text("2"), NONE, PRESENT.and(Condition.match(current))))
        .isInstanceOf(PutOutcome.Replaced.class);
  }

  @Test
  void anyBesideAnotherCondition_isTheOther() {
    assertThat(ANY.and(ABSENT)).isSameAs(ABSENT);
    assertThat(ABSENT.and(ANY)).isSameAs(ABSENT);
  }

  @Test
  void put_rejected_changesNeitherExpiryNorMemory() {
    write("a", "1", seconds(10));
    Entry before = store.get("a");
    long used = store.budget().usedBytes();

    store.put("a", text("a longer value than before"), NONE, ABSENT);

    assertThat(store.get("a")).isSameAs(before);
    assertThat(store.budget().usedBytes()).isEqualTo(used);
    clock.move(Duration.ofSeconds(10));
    assertThat(store.get("a")).isNull();
  }

  @Test
  void delete_ifMatch_rejectsTheStaleAndNamesTheCurrent() {
    Etag stale = write("a", "1");
    Etag current = write("a", "2");

    assertThat(store.delete("a", Condition.match(stale)))
        .isEqualTo(new Unchanged.Rejected(current));
    assertThat(textOf(store.get("a"))).isEqualTo("2");
    assertThat(store.delete("a", Condition.match(current))).isEqualTo(new DeleteOutcome.Deleted());
  }

  @Test
  void delete_ifMatch_ofAKeyWithoutEntryIsRejected() {
    assertThat(store.delete("a", Condition.match(FOREIGN))).isEqualTo(new Unchanged.Rejected(null));
    assertThat(store.delete("a", PRESENT)).isEqualTo(new Unchanged.Rejected(null));
  }

  // ---- time to live

  @Test
  void anEntryIsGoneTheMillisecondItExpires() {
    write("a", "1", seconds(10));

    clock.move(Duration.ofMillis(9_999));
    assertThat(textOf(store.get("a"))).isEqualTo("1");
    clock.move(Duration.ofMillis(1));
    assertThat(store.get("a")).isNull();
  }

  @Test
  void secondsLeft_areRoundedUpAndAtLeastOne() {
    write("a", "1", seconds(10));
    Entry entry = store.get("a");
    long written = clock.millis();

    assertThat(entry.expires()).isTrue();
    assertThat(entry.secondsLeft(written)).isEqualTo(10);
    assertThat(entry.secondsLeft(written + 1)).isEqualTo(10);
    assertThat(entry.secondsLeft(written + 999)).isEqualTo(10);
    assertThat(entry.secondsLeft(written + 1_000)).isEqualTo(9);
    assertThat(entry.secondsLeft(written + 9_999)).isEqualTo(1);
    assertThat(entry.secondsLeft(written + 10_000)).isEqualTo(1);
    assertThat(entry.secondsLeft(written + 20_000)).isEqualTo(1);
  }

  @Test
  void put_withoutTtl_clearsTheExpiry() {
    write("a", "1", seconds(10));
    write("a", "2");

    assertThat(store.get("a").expires()).isFalse();
    clock.move(Duration.ofDays(40_000));
    assertThat(textOf(store.get("a"))).isEqualTo("2");
    assertThat(store.sweep(10)).isZero();
  }

  @Test
  void put_withTtl_beginsAnew() {
    write("a", "1", seconds(10));
    clock.move(Duration.ofSeconds(9));
    write("a", "2", seconds(10));

    clock.move(Duration.ofMillis(9_999));
    assertThat(textOf(store.get("a"))).isEqualTo("2");
    clock.move(Duration.ofMillis(1));
    assertThat(store.get("a")).isNull();
  }

  @Test
  void put_keepingTheTtl_keepsTheMomentNotTheLength() {
    write("a", "1", seconds(10));
    clock.move(Duration.ofSeconds(9));
    write("a", "2", KEEP);

    assertThat(store.get("a").secondsLeft(clock.millis())).isEqualTo(1);
    clock.move(Duration.ofSeconds(1));
    assertThat(store.get("a")).isNull();
  }

  @Test
  void put_keepingTheTtlOfNoEntry_neverExpires() {
    write("new", "1", KEEP);
    write("lasting", "1");
    write("lasting", "2", KEEP);
    write("expired", "1", seconds(1));
    clock.move(Duration.ofSeconds(1));
    write("expired", "2", KEEP);

    assertThat(store.get("new").expires()).isFalse();
    assertThat(store.get("lasting").expires()).isFalse();
    assertThat(store.get("expired").expires()).isFalse();
  }

  @Test
  void theLongestTtlDoesNotOverflow() {
    write("a", "1", seconds(TimeToLive.MAX_SECONDS));

    assertThat(store.get("a").secondsLeft(clock.millis())).isEqualTo(TimeToLive.MAX_SECONDS);
    clock.move(Duration.ofSeconds(TimeToLive.MAX_SECONDS).minusMillis(1));
    assertThat(store.get("a")).isNotNull();
    clock.move(Duration.ofMillis(1));
    assertThat(store.get("a")).isNull();
  }

  @Test
  void anExpiredEntryIsNoneForEveryCondition() {
    Etag etag = write("a", "1", seconds(1));
    write("b", "1", seconds(1));
    write("c", "1", seconds(1));
    clock.move(Duration.ofSeconds(1));

    assertThat(store.put("a", text("2"), NONE, Condition.match(etag)))
        .isEqualTo(new Unchanged.Rejected(null));
    assertThat(store.put("a", text("2"), NONE, PRESENT)).isEqualTo(new Unchanged.Rejected(null));
    assertThat(store.delete("a", PRESENT)).isEqualTo(new Unchanged.Rejected(null));
    assertThat(store.put("a", text("2"), NONE, ABSENT)).isInstanceOf(PutOutcome.Created.class);
    assertThat(store.put("b", text("2"), NONE, new Condition.UnmodifiedSince(0)))
        .isInstanceOf(PutOutcome.Created.class);
    assertThat(store.delete("c", ANY)).isEqualTo(new DeleteOutcome.Absent());
    assertThat(store.size()).isEqualTo(2);
  }

  @Test
  void whatWasSeenGoneStaysGone_thoughTheClockGoesBack() {
    write("a", "1", seconds(1));
    clock.move(Duration.ofSeconds(2));
    assertThat(store.get("a")).isNull();
    clock.move(Duration.ofSeconds(-2));

    assertThat(store.get("a")).isNull();
  }

  @Test
  void theMemoryOfAnExpiredEntryComesBackWhenItIsAskedFor() {
    write("a", "1", seconds(1));
    clock.move(Duration.ofSeconds(1));
    assertThat(store.size()).isEqualTo(1);

    assertThat(store.get("a")).isNull();

    assertThat(store.size()).isZero();
    assertThat(store.budget().usedBytes()).isZero();
    assertThat(store.expired()).isEqualTo(1);
    assertThat(store.sweep(10)).isZero();
  }

  @Test
  void expired_countsEachOnce_howeverItIsFound() {
    for (String key : new String[] {"read", "written", "deleted", "listed", "swept"}) {
      write(key, "1", seconds(1));
    }
    clock.move(Duration.ofSeconds(1));
    store.get("read");
    write("written", "2");
    store.delete("deleted", ANY);
    store.list("listed", null, 1);
    store.sweep(10);
    store.get("swept");

    assertThat(store.expired()).isEqualTo(5);
    assertThat(store.size()).isEqualTo(1);
  }

  // ---- sweep

  @Test
  void sweep_removesWhatHasExpiredAndNothingElse() {
    write("gone", "1", seconds(1));
    write("due later", "1", seconds(2));
    write("lasting", "1");
    clock.move(Duration.ofSeconds(1));

    assertThat(store.sweep(10)).isEqualTo(1);
    assertThat(store.size()).isEqualTo(2);
    assertThat(store.expired()).isEqualTo(1);
    assertThat(store.get("due later")).isNotNull();
    assertThat(store.get("lasting")).isNotNull();
  }

  @Test
  void sweep_isBoundedAndTakesTheLongestExpiredFirst() {
    for (int i = 1; i <= 25; i++) {
      write("k" + i, "1", seconds(100 - i));
    }
    clock.move(Duration.ofSeconds(100));

    assertThat(store.sweep(10)).isEqualTo(10);
    assertThat(store.size()).isEqualTo(15);
    clock.move(Duration.ofSeconds(-100)); // so that what is left can be seen
    assertThat(store.get("k16")).isNull();
    assertThat(store.get("k15")).isNotNull();
    clock.move(Duration.ofSeconds(100));
    assertThat(store.sweep(10)).isEqualTo(10);
    assertThat(store.sweep(10)).isEqualTo(5);
    assertThat(store.sweep(10)).isZero();
    assertThat(store.expired()).isEqualTo(25);
  }

  @Test
  void sweep_atTheMillisecond() {
    write("a", "1", seconds(1));

    clock.move(Duration.ofMillis(999));
    assertThat(store.sweep(10)).isZero();
    clock.move(Duration.ofMillis(1));
    assertThat(store.sweep(10)).isEqualTo(1);
  }

  @Test
  void sweep_findsNoTrailOfDeadlinesThatWereRenewed() {
    for (int i = 1; i <= 1_000; i++) {
      write("session", "1", seconds(60));
      clock.move(Duration.ofMillis(10));
    }
    clock.move(Duration.ofSeconds(60));

    assertThat(store.sweep(10)).isEqualTo(1);
    assertThat(store.sweep(10)).isZero();
  }

  @Test
  void sweep_leavesAKeyThatWasRewrittenAfterItExpired() {
    write("lasting", "1", seconds(1));
    write("renewed", "1", seconds(1));
    write("deleted", "1", seconds(1));
    clock.move(Duration.ofSeconds(1));
    write("lasting", "2");
    write("renewed", "2", seconds(1));
    store.delete("deleted", ANY);

    assertThat(store.sweep(10)).isZero();
    assertThat(textOf(store.get("lasting"))).isEqualTo("2");
    assertThat(textOf(store.get("renewed"))).isEqualTo("2");
    assertThat(store.expired()).isEqualTo(3);
  }
}
