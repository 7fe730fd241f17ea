package io.kvfunctions.store;

import java.time.InstantSource;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a running instance has one of, whatever part of the entries it holds: what tells the time
 * and names the writes, the budget, the bounds, and the counts since the start. Safe for any number
 * of threads.
 */
public final class Instance {
  private final InstantSource clock;
  private final EtagSequence etags;
  private final Budget budget;
  private final Footprint footprint;
  private final EventMemory.Bounds eventBounds;
  private final LongAdder expired = new LongAdder();
  private final LongAdder refused = new LongAdder();

  /**
   * @param clock what expiry goes by, and the forgetting of events
   * @param eventBounds how much is remembered of events
   */
  public Instance(
      InstantSource clock,
      EtagSequence etags,
      Budget budget,
      Footprint footprint,
      EventMemory.Bounds eventBounds) {
    this.clock = clock;
    this.etags = etags;
    this.budget = budget;
    this.footprint = footprint;
    this.eventBounds = eventBounds;
  }

  /** The milliseconds since 1970 that expiry goes by now. */
  public long nowMillis() {
    return clock.millis();
  }

  /** What the entries here hold and may hold. */
  public Budget budget() {
    return budget;
  }

  /** How many entries have been found expired since the start and removed or written over. */
  public long expired() {
    return expired.sum();
  }

  /** How many writes were refused since the start because they would have passed the budget. */
  public long refused() {
    return refused.sum();
  }

  /** One write more that found no room. */
  public void countRefused() {
    refused.increment();
  }

  EtagSequence etags() {
    return etags;
  }

  Footprint footprint() {
    return footprint;
  }

  EventMemory.Bounds eventBounds() {
    return eventBounds;
  }

  void countExpired() {
    expired.increment();
  }
}
