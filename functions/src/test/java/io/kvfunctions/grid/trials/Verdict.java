package io.kvfunctions.grid.trials;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads every key through every instance when all is quiet, and holds it against the ledger.
 *
 * @param lost writes that had been acknowledged, and are not there
 * @param faults keys of which instances tell different things, numbers counted twice, what was
 *     refused and is there
 * @param late writes that nobody knew of and that came to pass after a later one
 */
record Verdict(List<String> lost, List<String> faults, int late) {
  private static final int READERS = 6;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Nothing may be under way. What is found is what the ledger goes on from. */
  static Verdict of(Ledger ledger, List<Place> places, Journal journal) {
    List<String> keys =
        Stream.concat(
                ledger.registers().stream().map(Register::key),
                ledger.counters().stream().map(Counter::key))
            .toList();
    Map<String, Map<Place, String>> found = read(keys, places);

    List<String> lost = new ArrayList<>();
    List<String> faults = new ArrayList<>();
    int late = 0;
    for (Register register : ledger.registers()) {
      Map<Place, String> values = found.get(register.key());
      agree(register.key(), values, faults);
      String value = any(values);
      switch (register.sight(value)) {
        case RIGHT -> {}
        case LATE -> late++;
        case WRONG -> {
          Attempt last = register.lastAcknowledged();
          lost.add(
              "%s; but %s"
                  .formatted(
                      last == null
                          ? register.key() + ", not written since the trial before"
                          : last.describe(journal),
                      register.origin(value, journal)));
        }
      }
      register.settle(value);
    }
    for (Counter counter : ledger.counters()) {
      Map<Place, String> values = found.get(counter.key());
      agree(counter.key(), values, faults);
      String value = any(values);
      counter.judge(value, journal, lost, faults);
      counter.settle(value);
    }
    return new Verdict(List.copyOf(lost), List.copyOf(faults), late);
  }

  private static void agree(String key, Map<Place, String> values, List<String> faults) {
    if (values.values().stream().distinct().count() > 1) {
      faults.add("not agreed on: " + key + " " + values);
    }
  }

  private static @Nullable String any(Map<Place, String> values) {
    String value = values.values().iterator().next();
    return value.equals(NOTHING) ? null : value;
  }

  private static final String NOTHING = "\0nothing";

  private static Map<String, Map<Place, String>> read(List<String> keys, List<Place> places) {
    Map<String, Map<Place, String>> found = new ConcurrentHashMap<>();
    try (ExecutorService readers = Executors.newFixedThreadPool(READERS)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        int first = i;
        running.add(
            readers.submit(
                () -> {
                  try (Caller caller = new Caller(PATIENCE)) {
                    for (int k = first; k < keys.size(); k += READERS) {
                      Map<Place, String> values = new LinkedHashMap<>();
                      for (Place place : places) {
                        values.put(
                            place,
                            Objects.requireNonNullElse(read(caller, place, keys.get(k)), NOTHING));
                      }
                      found.put(keys.get(k), Collections.unmodifiableMap(values));
                    }
                  }
                }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError("not all could be read in the end", e);
    }
    return found;
  }

  /** What is there, null for nothing; asked again for a while where there is no answer. */
  private static @Nullable String read(Caller caller, Place place, String key) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Response reply = caller.call(place, "GET", "/kv/" + key);
      if (reply.status() != 0 && reply.status() < 500) {
        return Load.held(reply);
      }
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError(
            "%s cannot be read through %s: %s".formatted(key, place, Load.said("GET", reply)));
      }
      LockSupport.parkNanos(RETRY_NANOS);
    }
  }
}
