package io.kvfunctions.http;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

<<<<<<< HEAD
/**
 * A clock that stands still until a test moves it on. Not at a full second: what rounds is to be
 * seen rounding.
 */
final class TestClock implements InstantSource {
=======
/** A clock that stands still until a test moves it on. Not at a full second: what rounds is to be seen rounding. */
public final class TestClock implements InstantSource {
>>>>>>> f564ce868aba4d76ff1de95819014432a41cec28
  private volatile Instant now = Instant.parse("2026-03-01T12:00:00.250Z");

  @Override
  public Instant instant() {
    return now;
  }

  public synchronized void advance(Duration duration) {
    now = now.plus(duration);
  }
}
