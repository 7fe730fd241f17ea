package io.kvfunctions.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * How many requests of which kind came to what, and how long they took: from the head of a request
 * to its answer.
 */
final class RequestMetrics {
  private static final Duration[] BUCKETS = {
    Duration.ofNanos(50_000),
    Duration.ofNanos(100_000),
    Duration.ofNanos(250_000),
    Duration.ofNanos(500_000),
    Duration.ofMillis(1),
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(10)
  };

  private final MeterRegistry registry;
  private final EnumMap<Operation, Map<String, Timer>> timers = new EnumMap<>(Operation.class);

  RequestMetrics(MeterRegistry registry) {
    this.registry = registry;
    for (Operation operation : Operation.values()) {
      // There from the start: what first appears with its first request has no rate until the
      // second.
      Map<String, Timer> byOutcome = new ConcurrentHashMap<>();
      byOutcome.put(Answer.OK, timer(operation, Answer.OK));
      timers.put(operation, byOutcome);
    }
  }

  /**
   * Counts a request.
   *
   * @param outcome one of a fixed set of words
   */
  void record(Operation operation, String outcome, long nanos) {
    Map<String, Timer> byOutcome = timers.get(operation);
    if (byOutcome != null) {
      Timer timer = byOutcome.get(outcome);
      if (timer == null) {
        timer = byOutcome.computeIfAbsent(outcome, o -> timer(operation, o));
      }
      timer.record(nanos, TimeUnit.NANOSECONDS);
    }
  }

  private Timer timer(Operation operation, String outcome) {
    return Timer.builder("kv.requests")
        .description("requests answered")
        .tag("function", operation.function())
        .tag("way", operation.way())
        .tag("outcome", outcome)
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }
}
