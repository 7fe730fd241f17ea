package io.kvfunctions.store;

import io.kvfunctions.SettableClock;
import io.kvfunctions.store.Condition.Presence;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
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
        Stores.over(
            new ConcurrentHashMap<>(),
            new Instance(
                clock,
                new EtagSequence(InstantSource.fixed(clock.instant()), ORIGIN),
                new Budget(1_000_000),
                new Footprint(8, 12, 4, Long.MAX_VALUE, 0),
                Stores.EVENT_BOUNDS));

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
        case Unchanged.Rejected(Etag current) -> "rejected for write " + number(current);
        case Unchanged.Duplicate duplicate -> "duplicate";
        case Unchanged.Stale stale -> "stale";
        case Unchanged.Full full -> "full";
      };
    }

    private String delete(Condition condition) {
      return switch (store.delete(KEY, condition)) {
        case DeleteOutcome.Deleted deleted -> "deleted";
        case DeleteOutcome.Absent absent -> "absent";
        case Unchanged.Rejected(Etag current) -> "rejected for write " + number(current);
        case Unchanged.Duplicate duplicate -> "duplicate";
        case Unchanged.Stale stale -> "stale";
        case Unchanged.Full full -> "full";
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

  /** What events do to a key, told by value; {@link EventsModel} tells the same. */
  public interface Events {
    /** The value, or none. */
    String get();

    /** An event of this number asks for its value. */
    String putBy(int event);

    /** An event of this number asks for the value to go. */
    String deleteBy(int event);

    /** No event asks for it. */
    String put();

    /** No event asks for it. */
    String delete();
  }

  /** The time each event names: two the same, one none. */
  private static final Instant[] TIMES = {
    Instant.ofEpochSecond(1), Instant.ofEpochSecond(2), Instant.ofEpochSecond(2), null
  };

  /** A key that events write and delete, each delivered as often as it comes, in any order. */
  public static class DeliveredKey implements Events {
    final SettableClock clock = new SettableClock();
    final ConcurrentMap<String, Entry> map = new ConcurrentHashMap<>();
    final Store store = Stores.over(clock, 1_000_000, Stores.EVENT_BOUNDS, map);

    private static Occurrence occurrence(int event) {
      return new Occurrence(0, event, TIMES[event]);
    }

    @Override
    @Operation
    public String get() {
      Entry entry = store.get(KEY);
      return entry == null ? "none" : Stores.textOf(entry);
    }

    @Override
    @Operation
    public String putBy(@Param(gen = IntGen.class, conf = "0:3") int event) {
      return put("event " + event, occurrence(event));
    }

    @Override
    @Operation
    public String deleteBy(@Param(gen = IntGen.class, conf = "0:3") int event) {
      return delete(occurrence(event));
    }

    @Override
    @Operation
    public String put() {
      return put("plain", null);
    }

    @Override
    @Operation
    public String delete() {
      return delete(null);
    }

    String put(String value, Occurrence event) {
      return store
          .put(KEY, Stores.text(value), TimeToLive.NONE, Presence.ANY, event)
          .getClass()
          .getSimpleName();
    }

    private String delete(Occurrence event) {
      return store.delete(KEY, Presence.ANY, event).getClass().getSimpleName();
    }

    @Validate
    public void whatStandsBesideTheMapAgreesWithIt() {
      boolean held = store.get(KEY) != null;
      if (held != (store.size() > 0) || held == store.list("", null, 10).entries().isEmpty()) {
        throw new AssertionError("get, size and list disagree");
      }
      if (map.isEmpty() != (store.budget().usedBytes() == 0)) {
        throw new AssertionError(map + " holds " + store.budget().usedBytes());
      }
    }
  }

  /** The rule, for one thread and a clock that stands still. */
  public static class EventsModel implements Events {
    private final Set<Integer> applied = new HashSet<>();
    private String value = "none";

    private String apply(Integer event, String next, String there, String notThere) {
      if (event != null) {
        if (applied.contains(event)) {
          return "Duplicate";
        }
        Instant time = TIMES[event];
        if (time != null
            && applied.stream().anyMatch(e -> TIMES[e] != null && TIMES[e].isAfter(time))) {
          return "Stale";
        }
        applied.add(event);
      }
      boolean wasThere = !value.equals("none");
      value = next;
      return wasThere ? there : notThere;
    }

    @Override
    public String get() {
      return value;
    }

    @Override
    public String putBy(int event) {
      return apply(event, "event " + event, "Replaced", "Created");
    }

    @Override
    public String deleteBy(int event) {
      return apply(event, "none", "Deleted", "Absent");
    }

    @Override
    public String put() {
      return apply(null, "plain", "Replaced", "Created");
    }

    @Override
    public String delete() {
      return apply(null, "none", "Deleted", "Absent");
    }
  }

  /** A key whose last entry, written by an event, has expired and was not swept yet. */
  public static class ExpiredDeliveredKey extends DeliveredKey {
    public ExpiredDeliveredKey() {
      store.put(
          KEY,
          Stores.text("event 1"),
          TimeToLive.ofSeconds(1),
          Presence.ANY,
          new Occurrence(0, 1, TIMES[1]));
      clock.move(Duration.ofSeconds(1));
    }

    /** What it has done must not show in anything else. */
    @Operation
    public void sweep() {
      store.sweep(10);
    }
  }

  /** The same, as it must look. */
  public static final class ExpiredEventsModel extends EventsModel {
    public ExpiredEventsModel() {
      putBy(1);
      delete();
    }

    /** Nothing that could be seen. */
    public void sweep() {}
  }

  private static ModelCheckingOptions allSchedules() {
    return new ModelCheckingOptions()
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
                .treatAsAtomic());
  }

  private static void checkAllSchedules(Class<?> state) {
    allSchedules().check(state);
  }

  private static StressOptions freely() {
    return new StressOptions()
        .iterations(20)
        .invocationsPerIteration(1_000)
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(1)
        .actorsAfter(1);
  }

  private static void checkFreely(Class<?> state) {
    freely().check(state);
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

  @Test
  void eventsForAKey_inAnySchedule() {
    allSchedules().sequentialSpecification(EventsModel.class).check(DeliveredKey.class);
  }

  @Test
  void eventsForAKey_underStress() {
    freely().sequentialSpecification(EventsModel.class).check(DeliveredKey.class);
  }

  @Test
  void eventsForAnExpiredKey_inAnySchedule() {
    allSchedules()
        .sequentialSpecification(ExpiredEventsModel.class)
        .check(ExpiredDeliveredKey.class);
  }

  @Test
  void eventsForAnExpiredKey_underStress() {
    freely().sequentialSpecification(ExpiredEventsModel.class).check(ExpiredDeliveredKey.class);
  }
}
