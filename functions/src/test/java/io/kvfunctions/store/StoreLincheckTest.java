package io.kvfunctions.store;

import io.kvfunctions.SettableClock;
import io.kvfunctions.store.Condition.Presence;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.LongAdder;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * Whether what several threads do to one key at once can be told as if they had done it one after
 * the other.
 *
 * <p>Lincheck compares what each run answered with all orders of the same operations, so the store
 * is its own specification and its answers must follow from the order alone. They do: the etags
 * come from a clock that stands still, and so are the numbers of the writes.
 *
 * <p>Each class below is a store in some state and a few operations on it: with few, all that can
 * happen among them comes up soon.
 */
public class StoreLincheckTest {
  private static final String KEY = "k";
  private static final int ORIGIN = 7;

  /** A key that is read, written and deleted, and was never written before. */
  public static class NewKey {
    final SettableClock clock = new SettableClock();
    private final long firstStamp = clock.millis() << EtagSequence.COUNT_BITS;
    final Store store =
        new Store(
            new ConcurrentHashMap<>(),
            clock,
            new EtagSequence(InstantSource.fixed(clock.instant()), ORIGIN),
            new Budget(1_000_000),
            new Footprint(8, 12, 4, Long.MAX_VALUE, 0));

    @Operation
    public String get() {
      Entry entry = store.get(KEY);
      return entry == null ? "none" : "write " + number(entry.etag());
    }

    @Operation
    public String put() {
      return put(Presence.ANY);
    }

    @Operation
    public String putIfAbsent() {
      return put(Presence.ABSENT);
    }

    @Operation
    public String putIfMatch(@Param(gen = IntGen.class, conf = "0:1") int write) {
      return put(match(write));
    }

    @Operation
    public String delete() {
      return delete(Presence.ANY);
    }

    @Operation
    public String deleteIfMatch(@Param(gen = IntGen.class, conf = "0:1") int write) {
      return delete(match(write));
    }

    private String put(Condition condition) {
      return switch (store.put(KEY, Stores.text("1"), TimeToLive.NONE, condition)) {
        case PutOutcome.Created(Etag etag) -> "created by write " + number(etag);
        case PutOutcome.Replaced(Etag etag) -> "replaced by write " + number(etag);
        case PutOutcome.Rejected(Etag current) -> "rejected for write " + number(current);
        case PutOutcome.Full full -> "full";
      };
    }

    private String delete(Condition condition) {
      return switch (store.delete(KEY, condition)) {
        case DeleteOutcome.Deleted deleted -> "deleted";
        case DeleteOutcome.Absent absent -> "absent";
        case DeleteOutcome.Rejected(Etag current) -> "rejected for write " + number(current);
      };
    }

    private Condition match(int write) {
      return Condition.match(new Etag(firstStamp + write, ORIGIN));
    }

    private long number(Etag etag) {
      return etag == null ? -1 : etag.stamp() - firstStamp;
    }

    @Validate
    public void whatStandsBesideTheMapAgreesWithIt() {
      if ((store.size() > 0) != (store.budget().usedBytes() > 0)) {
        throw new AssertionError(store.size() + " entries hold " + store.budget().usedBytes());
      }
      if ((store.get(KEY) == null) != store.list("", null, 10).entries().isEmpty()) {
        throw new AssertionError("get and list disagree");
      }
    }
  }

  /** A key whose entry has expired and was not swept yet. */
  public static class ExpiredKey extends NewKey {
    public ExpiredKey() {
      store.put(KEY, Stores.text("0"), TimeToLive.ofSeconds(1), Presence.ANY);
      clock.move(Duration.ofSeconds(1));
    }

    /** What it has done must not show in anything else; how much that was may. */
    @Operation
    public void sweep() {
      store.sweep(10);
    }
  }

  /** A key that would expire, were it not renewed in time. */
  public static class Session {
    private final SettableClock clock = new SettableClock();
    private final Store store = Stores.over(clock);

    public Session() {
      store.put(KEY, Stores.text("1"), TimeToLive.ofSeconds(1), Presence.ANY);
    }

    @Operation
    public boolean isAlive() {
      return store.get(KEY) != null;
    }

    @Operation
    public boolean renew() {
      TimeToLive ttl = TimeToLive.ofSeconds(60);
      return store.put(KEY, Stores.text("1"), ttl, Presence.PRESENT) instanceof PutOutcome.Replaced;
    }

    @Operation
    public void aSecondPasses() {
      clock.move(Duration.ofSeconds(1));
    }
  }

  private static void checkAllSchedules(Class<?> state) {
    new ModelCheckingOptions()
        .iterations(15)
        .invocationsPerIteration(100)
        .threads(2)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(1)
        // What the JDK says is atomic need not be taken apart.
        .addGuarantee(
            ManagedStrategyGuaranteeKt.forClasses(
                    ConcurrentSkipListSet.class.getName(), LongAdder.class.getName())
                .allMethods()
                .treatAsAtomic())
        .check(state);
  }

  private static void checkFreely(Class<?> state) {
    new StressOptions()
        .iterations(20)
        .invocationsPerIteration(1_000)
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(1)
        .actorsAfter(1)
        .check(state);
  }

  @Test
  void aNewKey_inAnySchedule() {
    checkAllSchedules(NewKey.class);
  }

  @Test
  void aNewKey_underStress() {
    checkFreely(NewKey.class);
  }

  @Test
  void anExpiredKey_inAnySchedule() {
    checkAllSchedules(ExpiredKey.class);
  }

  @Test
  void anExpiredKey_underStress() {
    checkFreely(ExpiredKey.class);
  }

  @Test
  void aSessionThatIsRenewedInTimeIsNeverSeenGone() {
    checkAllSchedules(Session.class);
  }
}
