package io.kvfunctions.http;

import java.util.concurrent.TimeUnit;

/**
 * Whether bytes go by fast enough: at least so many in each stretch of time, and not on the whole.
 * Whoever sent a lot at first could otherwise rest on it for hours. For one thread.
 */
final class Pace {
  private final long stretchNanos;
  private final long least;
  private long since;
  private long from;

  Pace(long stretchNanos, long bytesPerSecond) {
    this.stretchNanos = stretchNanos;
    double seconds = (double) stretchNanos / TimeUnit.SECONDS.toNanos(1);
    this.least = Math.max(1, (long) (bytesPerSecond * seconds));
  }

  /**
   * Begins a stretch.
   *
   * @param bytes how many have gone by, ever
   */
  void restart(long now, long bytes) {
    since = now;
    from = bytes;
  }

  /** Whether a stretch has ended in which too few went by; the next one begins. */
  boolean isTooSlow(long now, long bytes) {
    if (now - since <= stretchNanos) {
      return false;
    }
    boolean tooSlow = bytes - from < least;
    restart(now, bytes);
    return tooSlow;
  }
}
