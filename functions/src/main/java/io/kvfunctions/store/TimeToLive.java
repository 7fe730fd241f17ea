package io.kvfunctions.store;

import java.util.Locale;

/** What a write does to the expiry of its key. */
public sealed interface TimeToLive {
  /** The longest time to live, in seconds: a hundred years, so that no sum of times overflows. */
  long MAX_SECONDS = 3_153_600_000L;

  /** The entry does not expire. */
  TimeToLive NONE = new None();

  /**
   * The entry expires when the one before it would have; where there was none, or it had no expiry,
   * never.
   */
  TimeToLive KEEP = new Keep();

  /**
   * The entry expires this long after the write.
   *
   * @throws IllegalArgumentException if seconds is not 1 to {@link #MAX_SECONDS}
   */
  static TimeToLive ofSeconds(long seconds) {
    return new Seconds(seconds);
  }

  /** See {@link #NONE}. */
  record None() implements TimeToLive {}

  /** See {@link #KEEP}. */
  record Keep() implements TimeToLive {}

  /** See {@link #ofSeconds}. */
  record Seconds(long seconds) implements TimeToLive {
    public Seconds {
      if (seconds < 1 || seconds > MAX_SECONDS) {
        throw new IllegalArgumentException(
            String.format(Locale.ROOT, "ttl is %,d s, it takes 1 to %,d", seconds, MAX_SECONDS));
      }
    }
  }
}
