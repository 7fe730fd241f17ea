package io.kvfunctions.grid.trials;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Counts what the clients were told during a trial. Any thread may add. */
final class Tally {
  private final Map<Attempt.Outcome, Integer> writes = new EnumMap<>(Attempt.Outcome.class);
  private final Map<String, Integer> troubles = new TreeMap<>();
  private final Map<Place, List<Attempt>> acknowledgedBy = new HashMap<>();
  private final List<WrongRead> wrongReads = new ArrayList<>();
  private long slowestNanos;
  private long longestGapNanos;
  private long lastNanos = System.nanoTime();
  private int lateReads;
  private int reads;

  /**
   * An answer that was older than what had been acknowledged when it was asked for.
   *
   * @param what all that is known of it, for who has to find out how it came about
   */
  record WrongRead(Place through, long askedNanos, String what) {}

  synchronized void add(Attempt attempt) {
    writes.merge(attempt.outcome(), 1, Integer::sum);
    if (attempt.outcome() == Attempt.Outcome.ACKNOWLEDGED) {
      acknowledgedBy.computeIfAbsent(attempt.through(), p -> new ArrayList<>()).add(attempt);
      slowestNanos = Math.max(slowestNanos, attempt.answeredNanos() - attempt.askedNanos());
      gapUntil(attempt.answeredNanos());
    } else {
      troubles.merge(attempt.said(), 1, Integer::sum);
    }
  }

  synchronized void addRead() {
    reads++;
  }

  synchronized void addTrouble(String said) {
    troubles.merge(said, 1, Integer::sum);
  }

  synchronized void addLateRead() {
    lateReads++;
  }

  synchronized void add(WrongRead read) {
    wrongReads.add(read);
  }

  /** That it is over also ends a time without any acknowledged write. */
  synchronized void end() {
    gapUntil(System.nanoTime());
  }

  private void gapUntil(long nanos) {
    longestGapNanos = Math.max(longestGapNanos, nanos - lastNanos);
    lastNanos = Math.max(lastNanos, nanos);
  }

  synchronized int count(Attempt.Outcome outcome) {
    return writes.getOrDefault(outcome, 0);
  }

  synchronized int reads() {
    return reads;
  }

  /** Writes acknowledged by one of these, all of them between these points in time. */
  synchronized List<Attempt> acknowledged(
      Iterable<Place> by, long askedFromNanos, long answeredToNanos) {
    List<Attempt> found = new ArrayList<>();
    for (Place place : by) {
      for (Attempt attempt : acknowledgedBy.getOrDefault(place, List.of())) {
        if (attempt.askedNanos() - askedFromNanos >= 0
            && attempt.answeredNanos() - answeredToNanos <= 0) {
          found.add(attempt);
        }
      }
    }
    return found;
  }

  synchronized List<WrongRead> wrongReads() {
    return List.copyOf(wrongReads);
  }

  synchronized int lateReads() {
    return lateReads;
  }

  synchronized Duration slowest() {
    return Duration.ofNanos(slowestNanos);
  }

  synchronized Duration longestGap() {
    return Duration.ofNanos(longestGapNanos);
  }

  /** What was said where a write was not acknowledged or a read not answered, and how often. */
  synchronized Map<String, Integer> troubles() {
    return new TreeMap<>(troubles);
  }
}
