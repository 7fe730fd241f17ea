package io.kvfunctions;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that stands still until a test moves it. Safe for any number of threads. */
public final class SettableClock implements InstantSource {
  private final AtomicLong millis = new AtomicLong(1_767_225_600_000L); // 2026-01-01T00:00:00Z

  /** Moves the clock; a negative duration moves it back. */
  public void move(Duration by) {
    millis.addAndGet(by.toMillis());
  }

  /** Sets the clock, in milliseconds since 1970. */
  public void set(long toMillis) {
    millis.set(toMillis);
  }

  @Override
  public long millis() {
    return millis.get();
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(millis());
  }
}
