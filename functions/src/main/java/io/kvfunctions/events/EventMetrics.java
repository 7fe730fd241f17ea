package io.kvfunctions.events;

import io.kvfunctions.events.Outcome.Done;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAccumulator;
import org.jspecify.annotations.Nullable;

/**
 * How many events came in which way and what became of them, and how far behind their stream the
 * store is. Safe for any number of threads.
 */
public final class EventMetrics {
  private static final long NONE = Long.MIN_VALUE;
  private static final double MILLIS_PER_SECOND = 1_000;

  private final InstantSource clock;
  private final LongAccumulator newestMillis = new LongAccumulator(Math::max, NONE);
  private final Map<Mode, Map<Kind, Counters>> counters = new EnumMap<>(Mode.class);

  /** Of events of one kind that came in one way. */
  private record Counters(Map<Done, Counter> done, Counter failed) {}

  public EventMetrics(MeterRegistry registry, InstantSource clock) {
    this.clock = clock;
    for (Mode mode : Mode.values()) {
      Map<Kind, Counters> byKind = new EnumMap<>(Kind.class);
      for (Kind kind :
          Kind.values()) { // all there from the start: what first appears has no rate yet
        Map<Done, Counter> done = new EnumMap<>(Done.class);
        for (Done one : Done.values()) {
          done.put(one, counter(registry, mode, kind, one.word()));
        }
        byKind.put(kind, new Counters(done, counter(registry, mode, kind, "failed")));
      }
      counters.put(mode, byKind);
    }
    Gauge.builder("kv.events.newest.age", this, EventMetrics::newestAgeSeconds)
        .description("since what the newest event applied tells of happened")
        .baseUnit("seconds")
        .register(registry);
  }

  private static Counter counter(MeterRegistry registry, Mode mode, Kind kind, String result) {
    return Counter.builder("kv.events")
        .description("events received")
        .tag("mode", mode.word())
        .tag("kind", kind.word())
        .tag("result", result)
        .register(registry);
  }

  void count(Mode mode, Kind kind, Outcome outcome) {
    Counters those = Objects.requireNonNull(Objects.requireNonNull(counters.get(mode)).get(kind));
    switch (outcome) {
      case Done done -> Objects.requireNonNull(those.done().get(done)).increment();
      case Outcome.Failed failed -> those.failed().increment();
    }
  }

  /** Notes that an event was applied, whose time this is, null where it has none. */
  void applied(@Nullable Instant time) {
    if (time != null) {
      newestMillis.accumulate(time.toEpochMilli());
    }
  }

  /** Not a number before the first event that has a time. */
  private double newestAgeSeconds() {
    long newest = newestMillis.get();
    return newest == NONE ? Double.NaN : (clock.millis() - newest) / MILLIS_PER_SECOND;
  }
}
