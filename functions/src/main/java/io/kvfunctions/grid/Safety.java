package io.kvfunctions.grid;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Whether every entry has all its backups, in step with it. Each instance finds that out for the
 * entries it is the primary of, and tells the others with every {@link Round}.
 *
 * <p>The engine has a question for all at once, which each member answers by one of the few threads
 * that answer everything, rounds too, and which waits there for copies that do not answer: where an
 * instance had just been lost, nobody heard of anybody for as long as 10 s.
 *
 * <p>Time is handed in, as {@link System#nanoTime} counts it. Safe for any number of threads.
 */
final class Safety {
  /** For how long what was found counts. An instance that is still finding out is not safe. */
  private static final long FRESH = Duration.ofSeconds(3).toNanos();

  /** What each of the others said last. */
  private final Map<String, Boolean> said = new ConcurrentHashMap<>();

  private volatile Found found;
  private volatile boolean safe;
  private volatile long since;

  private record Found(boolean safe, long atNanos) {}

  Safety(long nowNanos) {
    found = new Found(false, nowNanos);
    since = nowNanos;
  }

  /** What this instance found of its own. */
  void found(boolean safeHere, long nowNanos) {
    found = new Found(safeHere, nowNanos);
  }

  /** Whether this instance's own are safe, for the others to know. */
  boolean isSafeHere(long nowNanos) {
    Found last = found;
    return last.safe() && nowNanos - last.atNanos() < FRESH;
  }

  /** What another says of its own. */
  void hear(String instance, boolean safeThere) {
    said.put(instance, safeThere);
  }

  /**
   * Makes it up from what everybody said. To be called several times a second.
   *
   * @param others the instances present, without this one
   */
  void settle(Collection<String> others, long nowNanos) {
    said.keySet().retainAll(others);
    boolean safeNow =
        isSafeHere(nowNanos) && others.stream().allMatch(each -> said.getOrDefault(each, false));
    if (safeNow != safe) {
      since = nowNanos;
      safe = safeNow;
    }
  }

  /** Whether all entries of all instances are safe. */
  boolean isSafe() {
    return safe;
  }

  /** Whether that has been so for as long as this. */
  boolean isSafeFor(Duration time, long nowNanos) {
    return safe && nowNanos - since >= time.toNanos();
  }

  /** For how long some have not been safe; zero where all are. */
  Duration unsafeFor(long nowNanos) {
    return safe ? Duration.ZERO : Duration.ofNanos(nowNanos - since);
  }
}
