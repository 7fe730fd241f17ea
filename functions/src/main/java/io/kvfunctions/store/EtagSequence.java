package io.kvfunctions.store;

import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes the stamps of {@link Etag}s, each greater than the one before.
 *
 * <p>A stamp is the time in milliseconds followed by a count, or the last stamp plus one where the
 * clock stands still or went back (a hybrid logical clock). So it also says when the entry was
 * written, and neither the order nor the uniqueness of writes rests on a clock that behaves. Safe
 * for any number of threads.
 */
public final class EtagSequence {
  static final int COUNT_BITS = 22;

  private final InstantSource clock;
  private final int origin;
  private final AtomicLong last = new AtomicLong();

  /**
   * @param origin what sets this instance apart from all others, before and beside it: a random
   *     number will do
   */
  public EtagSequence(InstantSource clock, int origin) {
    this.clock = clock;
    this.origin = origin;
  }

  /**
   * A stamp greater than every one given before, and greater than this one, which may be another
   * instance's, whose clock is ahead.
   */
  long nextStamp(long after) {
    long now = Math.max(0, clock.millis()) << COUNT_BITS;
    long before = last.get();
    while (true) {
      // All 64 bits count: compared with a sign, the stamps from 2039 on would stand below all
      // before.
      long least = Long.compareUnsigned(before, after) > 0 ? before : after;
      long next = Long.compareUnsigned(now, least) > 0 ? now : least + 1;
      long witness = last.compareAndExchange(before, next);
      if (witness == before) {
        return next;
      }
      before = witness;
    }
  }

  int origin() {
    return origin;
  }
}
