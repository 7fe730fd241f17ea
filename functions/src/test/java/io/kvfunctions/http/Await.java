package io.kvfunctions.http;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what the server does on threads of its own, a few milliseconds at a time. */
public final class Await {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration INTERVAL = Duration.ofMillis(2);

  private Await() {}

  /**
   * Returns once the condition holds.
   *
   * @param what the condition in words, for whoever waits in vain
   */
  public static void until(String what, BooleanSupplier condition) {
    until(what, PATIENCE, INTERVAL, condition);
  }

  /**
   * Returns once the condition holds, of what takes longer, or is not to be asked as often.
   *
   * @param what the condition in words, for whoever waits in vain
   * @param interval from one look to the next
   */
  public static void until(
      String what, Duration patience, Duration interval, BooleanSupplier condition) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("not within " + patience.toSeconds() + " seconds: " + what);
      }
      LockSupport.parkNanos(interval.toNanos());
    }
  }
}
