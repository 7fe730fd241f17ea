package io.kvfunctions.store;

import static io.kvfunctions.store.Stores.text;
import static io.kvfunctions.store.Stores.textOf;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Seed;
import io.kvfunctions.SettableClock;
import io.kvfunctions.store.Condition.Presence;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.junit.jupiter.api.Test;

/** The store beside a map that does the same in the plainest way: whatever is done, both agree. */
class StoreModelTest {
  private static final String[] KEYS = {
    "a",
    "a/",
    "a/1",
    "a/2",
    "b",
    "\u0000",
    "\u00e9",
    "\uffff",
    "\ud83d\ude00",
    "\ud83d\ude00/x",
    "z"
  };
  private static final String[] PREFIXES = {"", "", "a", "a/", "\ud83d\ude00", "none"};
  private static final long NEVER = Long.MAX_VALUE;

  /** So little that its bounds are met all the time. */
  private static final EventMemory.Bounds BOUNDS =
      new EventMemory.Bounds(Duration.ofSeconds(20), 3);

  /** What the model keeps of an entry. */
  private record Kept(String value, Etag etag, long modifiedMillis, long expiresAt) {}

  /** What the model keeps of an event that was applied. */
  private record Applied(Occurrence event, long atMillis) {}

  private enum Verdict {
    NEW,
    DUPLICATE,
    STALE
  }

  private final SettableClock clock = new SettableClock();
  private final ConcurrentMap<String, Entry> map = new ConcurrentHashMap<>();
  private final Store store = Stores.over(clock, Long.MAX_VALUE / 2, BOUNDS, map);
  private final Map<String, Kept> model =
      new TreeMap<>(
          (a, b) ->
              Arrays.compareUnsigned(
                  a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8)));
  private final Map<String, List<Applied>> applied = new HashMap<>();
  private final List<Etag> etags = new ArrayList<>(List.of(new Etag(1, 2)));
  private final Random random = new Random(Seed.forTest("StoreModelTest"));

  @Test
  void whateverIsDone_storeAndModelAgree() {
    for (int i = 0; i < 300_000; i++) {
      String key = KEYS[random.nextInt(KEYS.length)];
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> put(key, "v" + i);
        case 4, 5 -> delete(key);
        case 6, 7, 8 -> get(key);
        case 9 -> list();
        case 10 -> clock.move(Duration.ofMillis(random.nextInt(2_000)));
        default -> sweep();
      }
      if (i % 10_000 == 0) {
        walk();
        whatIsChargedIsWhatIsHeld();
      }
    }
    clock.move(Duration.ofHours(1));
    while (store.sweep(100) > 0) {}
    walk();
    assertThat(map).hasSize((int) store.size()); // without a tombstone
    whatIsChargedIsWhatIsHeld();
  }

  private void whatIsChargedIsWhatIsHeld() {
    Footprint footprint = Footprint.ofThisJvm();
    long held = 0;
    for (Map.Entry<String, Entry> each : map.entrySet()) {
      held += footprint.ofKey(each.getKey()) + footprint.ofEntry(each.getValue());
    }
    assertThat(store.budget().usedBytes()).isEqualTo(held);
  }

  /** No event for every other write, and else one of a few, so that they come again. */
  private Occurrence event() {
    if (random.nextBoolean()) {
      return null;
    }
    int id = random.nextInt(12);
    // Some without time, some of the same, the others a little shuffled.
    Instant time =
        random.nextInt(4) == 0
            ? null
            : clock.instant().minusNanos(random.nextInt(4) * 500_000_000L);
    return Occurrence.of("/model", "" + id, time);
  }

  /**
   * The rule: an event that was applied within the window, and is among the last that were, is a
   * duplicate; otherwise, one that is older than any applied within the window is stale.
   */
  private Verdict judge(String key, Occurrence event) {
    if (event == null) {
      return Verdict.NEW;
    }
    List<Applied> within = applied.computeIfAbsent(key, k -> new ArrayList<>());
    within.removeIf(each -> clock.millis() - each.atMillis() >= BOUNDS.window().toMillis());
    List<Applied> last =
        within.subList(Math.max(0, within.size() - BOUNDS.perKey()), within.size());
    if (last.stream().anyMatch(each -> isSame(each.event(), event))) {
      return Verdict.DUPLICATE;
    }
    boolean late =
        event.time() != null
            && within.stream()
                .map(each -> each.event().time())
                .anyMatch(time -> time != null && time.isAfter(event.time()));
    return late ? Verdict.STALE : Verdict.NEW;
  }

  private static boolean isSame(Occurrence a, Occurrence b) {
    return a.high() == b.high() && a.low() == b.low();
  }

  private void remember(String key, Occurrence event) {
    if (event != null) {
      applied.computeIfAbsent(key, k -> new ArrayList<>()).add(new Applied(event, clock.millis()));
    }
  }

  private Kept alive(String key) {
    Kept kept = model.get(key);
    return kept == null || kept.expiresAt() <= clock.millis() ? null : kept;
  }

  private void put(String key, String value) {
    Kept before = alive(key);
    Condition condition = condition(before);
    TimeToLive ttl =
        switch (random.nextInt(4)) {
          case 0, 1 -> TimeToLive.NONE;
          case 2 -> TimeToLive.KEEP;
          default -> TimeToLive.ofSeconds(1 + random.nextInt(5));
        };

    Occurrence event = event();

    PutOutcome outcome = store.put(key, text(value), ttl, condition, event);

    switch (judge(key, event)) {
      case NEW -> {}
      case DUPLICATE -> {
        assertThat(outcome).isEqualTo(new Unchanged.Duplicate());
        return;
      }
      case STALE -> {
        assertThat(outcome).isEqualTo(new Unchanged.Stale());
        return;
      }
    }
    if (!holds(condition, before)) {
      assertThat(outcome).isEqualTo(new Unchanged.Rejected(before == null ? null : before.etag()));
      return;
    }
    Etag etag = store.get(key).etag();
    assertThat(outcome)
        .isEqualTo(before == null ? new PutOutcome.Created(etag) : new PutOutcome.Replaced(etag));
    assertThat(etags).doesNotContain(etag);
    long expiresAt =
        switch (ttl) {
          case TimeToLive.None none -> NEVER;
          case TimeToLive.Keep keep -> before == null ? NEVER : before.expiresAt();
          case TimeToLive.Seconds(long seconds) -> clock.millis() + seconds * 1_000;
        };
    model.put(key, new Kept(value, etag, clock.millis(), expiresAt));
    remember(key, event);
    if (etags.size() > 20) {
      etags.remove(random.nextInt(20));
    }
    etags.add(etag);
  }

  private void delete(String key) {
    Kept before = alive(key);
    Condition condition = condition(before);

    Occurrence event = event();

    DeleteOutcome outcome = store.delete(key, condition, event);

    switch (judge(key, event)) {
      case NEW -> {}
      case DUPLICATE -> {
        assertThat(outcome).isEqualTo(new Unchanged.Duplicate());
        return;
      }
      case STALE -> {
        assertThat(outcome).isEqualTo(new Unchanged.Stale());
        return;
      }
    }
    if (!holds(condition, before)) {
      assertThat(outcome).isEqualTo(new Unchanged.Rejected(before == null ? null : before.etag()));
      return;
    }
    assertThat(outcome)
        .isEqualTo(before == null ? new DeleteOutcome.Absent() : new DeleteOutcome.Deleted());
    model.remove(key);
    remember(key, event);
  }

  private void get(String key) {
    assertSame(store.get(key), alive(key));
  }

  private void assertSame(Entry entry, Kept kept) {
    if (kept == null) {
      assertThat(entry).isNull();
      return;
    }
    assertThat(textOf(entry)).isEqualTo(kept.value());
    assertThat(entry.etag()).isEqualTo(kept.etag());
    assertThat(entry.lastModifiedMillis()).isEqualTo(kept.modifiedMillis());
    assertThat(entry.expires()).isEqualTo(kept.expiresAt() != NEVER);
    if (entry.expires()) {
      assertThat(entry.secondsLeft(clock.millis()))
          .isEqualTo((kept.expiresAt() - clock.millis() + 999) / 1_000);
    }
  }

  private void list() {
    String prefix = PREFIXES[random.nextInt(PREFIXES.length)];
    String after = random.nextInt(3) == 0 ? null : KEYS[random.nextInt(KEYS.length)];
    int limit = 1 + random.nextInt(5);
    Page page = store.list(prefix, after, limit);

    List<String> expected = new ArrayList<>();
    for (String key : model.keySet()) {
      if (key.startsWith(prefix)
          && (after == null || KeyOrder.INSTANCE.compare(key, after) > 0)
          && alive(key) != null) {
        expected.add(key);
      }
    }
    assertThat(page.more()).isEqualTo(expected.size() > limit);
    List<String> shown = expected.subList(0, Math.min(limit, expected.size()));
    assertThat(page.entries().stream().map(Page.Item::key).toList()).isEqualTo(shown);
    for (Page.Item item : page.entries()) {
      Kept kept = alive(item.key());
      assertThat(item.etag()).isEqualTo(kept.etag());
      assertThat(item.expiresAt()).isEqualTo(kept.expiresAt());
      assertThat(item.size()).isEqualTo(kept.value().getBytes(UTF_8).length);
    }
  }

  private void walk() {
    List<String> seen = new ArrayList<>();
    String after = null;
    do {
      Page page = store.list("", after, 2);
      page.entries().forEach(item -> seen.add(item.key()));
      after = page.more() ? page.entries().getLast().key() : null;
    } while (after != null);
    assertThat(seen).isEqualTo(model.keySet().stream().filter(key -> alive(key) != null).toList());
  }

  private void sweep() {
    int alive = (int) model.keySet().stream().filter(key -> alive(key) != null).count();
    int atMost = random.nextInt(4);
    long held = store.size();
    long expiredBefore = store.expired();

    int swept = store.sweep(atMost);

    // Which of them went is the order of their deadlines, among which are those of tombstones; that
    // they were expired is all that shows.
    long removed = held - store.size();
    assertThat((long) swept).isBetween(removed, (long) atMost);
    assertThat(store.expired()).isEqualTo(expiredBefore + removed);
    if (swept < atMost) {
      assertThat(store.size()).isEqualTo(alive);
      assertThat(store.sweep(atMost)).isZero();
    }
  }

  private Condition condition(Kept current) {
    Etag some =
        current != null && random.nextBoolean()
            ? current.etag()
            : etags.get(random.nextInt(etags.size()));
    return switch (random.nextInt(10)) {
      case 0 -> Presence.ABSENT;
      case 1 -> Presence.PRESENT;
      case 2, 3 -> Condition.match(some);
      case 4 -> new Condition.NoneMatch(Set.of(some));
      case 5 -> new Condition.UnmodifiedSince(clock.millis() / 1_000 - random.nextInt(3));
      default -> Presence.ANY;
    };
  }

  private static boolean holds(Condition condition, Kept current) {
    return switch (condition) {
      case Presence presence ->
          switch (presence) {
            case ANY -> true;
            case ABSENT -> current == null;
            case PRESENT -> current != null;
          };
      case Condition.Match(Set<Etag> named) -> current != null && named.contains(current.etag());
      case Condition.NoneMatch(Set<Etag> named) ->
          current == null || !named.contains(current.etag());
      case Condition.UnmodifiedSince(long second) ->
          current == null || current.modifiedMillis() / 1_000 <= second;
      case Condition.Both both -> throw new AssertionError(both);
    };
  }
}
