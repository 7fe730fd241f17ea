package io.kvfunctions.store;

import static io.kvfunctions.store.Condition.Presence.ANY;
import static io.kvfunctions.store.Stores.bytes;
import static io.kvfunctions.store.Stores.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Concurrently;
import io.kvfunctions.Seed;
import io.kvfunctions.SettableClock;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StoreBudgetTest {
  private static final TimeToLive TEN_SECONDS = TimeToLive.ofSeconds(10);

  private final SettableClock clock = new SettableClock();

  /** What an entry costs that is written to an empty store. */
  private long cost(String key, Value value, TimeToLive ttl) {
    Store store = Stores.over(clock);
    store.put(key, value, ttl, ANY);
    return store.budget().usedBytes();
  }

  @Test
  void anEntryThatJustFitsIsTaken_andOneByteLessIsTooLittle() {
    long cost = cost("a", bytes(100), TimeToLive.NONE);

    assertThat(Stores.over(clock, cost).put("a", bytes(100), TimeToLive.NONE, ANY))
        .isInstanceOf(PutOutcome.Created.class);
    Store tooSmall = Stores.over(clock, cost - 1);
    assertThat(tooSmall.put("a", bytes(100), TimeToLive.NONE, ANY))
        .isEqualTo(new Unchanged.Full(0, cost - 1));
    assertThat(tooSmall.get("a")).isNull();
    assertThat(tooSmall.size()).isZero();
    assertThat(tooSmall.list("", null, 10).entries()).isEmpty();
    assertThat(tooSmall.budget().usedBytes()).isZero();
    assertThat(tooSmall.refused()).isEqualTo(1);
  }

  @Test
  void aFullStoreReadsDeletesAndReplacesByWhatIsNoLarger() {
    Store store = Stores.over(clock, cost("a", bytes(1_000), TimeToLive.NONE));
    store.put("a", bytes(1_000), TimeToLive.NONE, ANY);
    Entry before = store.get("a");

    assertThat(store.put("a", bytes(1_100), TimeToLive.NONE, ANY))
        .isInstanceOf(Unchanged.Full.class);
    assertThat(store.put("a", bytes(1_000), TEN_SECONDS, ANY)).isInstanceOf(Unchanged.Full.class);
    assertThat(store.get("a")).isSameAs(before);
    assertThat(store.put("a", bytes(1_000), TimeToLive.NONE, ANY))
        .isInstanceOf(PutOutcome.Replaced.class);
    assertThat(store.put("a", bytes(10), TEN_SECONDS, ANY)).isInstanceOf(PutOutcome.Replaced.class);
    assertThat(store.delete("a", ANY)).isInstanceOf(DeleteOutcome.Deleted.class);
    assertThat(store.budget().usedBytes()).isZero();
    assertThat(store.put("b", bytes(1_000), TimeToLive.NONE, ANY))
        .isInstanceOf(PutOutcome.Created.class);
  }

  @Test
  void aConditionIsDecidedBeforeTheBudget() {
    Store store = Stores.over(clock, 1);

    assertThat(store.put("a", bytes(1), TimeToLive.NONE, Condition.Presence.PRESENT))
        .isEqualTo(new Unchanged.Rejected(null));
    assertThat(store.refused()).isZero();
  }

  @Test
  void whatHasExpiredDoesNotStandInTheWay_evenIfNothingSweeps() {
    long cost = cost("a", bytes(100), TEN_SECONDS);
    Store store = Stores.over(clock, 10 * cost);
    for (int i = 0; i < 10; i++) {
      assertThat(store.put("" + i, bytes(100), TEN_SECONDS, ANY))
          .isInstanceOf(PutOutcome.Created.class);
    }
    assertThat(store.put("x", bytes(100), TEN_SECONDS, ANY)).isInstanceOf(Unchanged.Full.class);

    clock.move(Duration.ofSeconds(10));

    assertThat(store.put("x", bytes(100), TEN_SECONDS, ANY)).isInstanceOf(PutOutcome.Created.class);
    assertThat(store.size()).isEqualTo(1);
    assertThat(store.expired()).isEqualTo(10);
    assertThat(store.budget().usedBytes()).isEqualTo(cost);
  }

  @Test
  void everyWayAnEntryGoesGivesBackExactlyWhatItTook() {
    Random random = new Random(Seed.forTest("StoreBudgetTest.ways"));
    ConcurrentMap<String, Entry> map = new ConcurrentHashMap<>();
    Store store =
        Stores.over(
            clock, Long.MAX_VALUE / 2, new EventMemory.Bounds(Duration.ofSeconds(5), 3), map);
    for (int i = 0; i < 20_000; i++) {
      String key = KEYS[random.nextInt(KEYS.length)] + random.nextInt(20);
      TimeToLive ttl =
          switch (random.nextInt(3)) {
            case 0 -> TimeToLive.NONE;
            case 1 -> TimeToLive.KEEP;
            default -> TimeToLive.ofSeconds(1 + random.nextInt(5));
          };
      switch (random.nextInt(10)) {
        case 0, 1 -> store.delete(key, ANY, event(random));
        case 2 -> clock.move(Duration.ofMillis(random.nextInt(3_000)));
        case 3 -> store.sweep(random.nextInt(4));
        default -> store.put(key, value(random), ttl, ANY, event(random));
      }
    }
    assertThat(store.budget().usedBytes()).isPositive();
    for (Page.Item item : store.list("", null, 1_000).entries()) {
      store.delete(item.key(), ANY);
    }
    clock.move(Duration.ofDays(1));
    while (store.sweep(100) > 0) {}

    assertThat(store.size()).isZero();
    assertThat(map).isEmpty();
    assertThat(store.budget().usedBytes()).isZero();
  }

  private static final String[] KEYS = {"a", "é", "€", "😀", "a much longer key than the others "};

  /** None for most writes, and else any of a few. */
  private Occurrence event(Random random) {
    return random.nextInt(3) == 0
        ? new Occurrence(0, random.nextInt(10), clock.instant().minusMillis(random.nextInt(2_000)))
        : null;
  }

  private static Value value(Random random) {
    ContentType type =
        random.nextInt(4) == 0
            ? ContentType.of("x/" + random.nextInt(5_000)) // more than are shared
            : ContentType.JSON;
    return Value.copyOf(ByteBuffer.allocate(random.nextInt(2_000)), type);
  }

  @Test
  void writersAtOnceNeverPassTheLimit_andLeaveNothingBehind() throws Exception {
    long seed = Seed.forTest("StoreBudgetTest.writers");
    long limit = 200_000;
    Store store = Stores.over(clock, limit);
    AtomicInteger full = new AtomicInteger();

    Concurrently.run(
        4,
        thread -> {
          Random random = new Random(seed + thread);
          for (int i = 0; i < 50_000; i++) {
            String key = "k" + random.nextInt(300);
            switch (random.nextInt(8)) {
              case 0 -> {
                // Without an event it always succeeds.
                if (store.delete(key, ANY) instanceof Unchanged.Full outcome) {
                  throw new AssertionError(outcome);
                }
                if (store.delete(key, ANY, event(random)) instanceof Unchanged.Full) {
                  full.incrementAndGet();
                }
              }
              case 1 -> {
                clock.move(Duration.ofMillis(1));
                store.sweep(5);
              }
              default -> {
                TimeToLive ttl = random.nextBoolean() ? TimeToLive.NONE : TimeToLive.ofSeconds(1);
                PutOutcome outcome =
                    store.put(key, bytes(random.nextInt(2_000)), ttl, ANY, event(random));
                if (outcome instanceof Unchanged.Full) {
                  full.incrementAndGet();
                }
              }
            }
            if (store.budget().usedBytes() > limit || store.budget().usedBytes() < 0) {
              throw new AssertionError(store.budget().usedBytes() + " of " + limit);
            }
          }
        });

    assertThat(full.get()).isPositive();
    assertThat(store.refused()).isEqualTo(full.get());
    for (int i = 0; i < 300; i++) {
      store.delete("k" + i, ANY);
    }
    assertThat(store.size()).isZero();
    assertThat(store.list("", null, 10).entries()).isEmpty();
    clock.move(Duration.ofDays(1));
    while (store.sweep(100) > 0) {} // what was left of events
    assertThat(store.budget().usedBytes()).isZero();
  }

  @Test
  void sweepingAndRewritingAtOnceNeverLosesWhatWasRewritten() throws Exception {
    Store store = Stores.over(clock);
    AtomicBoolean written = new AtomicBoolean();
    Concurrently.run(
        2,
        thread -> {
          if (thread == 1) {
            while (!written.get()) {
              store.sweep(10);
            }
            return;
          }
          try {
            for (int i = 0; i < 20_000; i++) {
              // Expires at once, so that the sweep is after the key while it is written anew.
              store.put("a", text("1"), TimeToLive.ofSeconds(1), ANY);
              clock.move(Duration.ofSeconds(1));
              store.put("a", text("2"), TimeToLive.NONE, ANY);
              assertThat(store.get("a")).as("round %d", i).isNotNull();
            }
          } finally {
            written.set(true);
          }
        });

    assertThat(store.get("a")).isNotNull();
    assertThat(store.list("", null, 10).entries()).hasSize(1);
    assertThat(store.budget().usedBytes()).isEqualTo(cost("a", text("2"), TimeToLive.NONE));
  }
}
