package io.kvfunctions.store;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory all entries together may hold. A write reserves what it will need before it takes
 * place, so that any number of them at once never pass the limit. Safe for any number of threads.
 */
public final class Budget {
  private final long limitBytes;
  private final AtomicLong usedBytes = new AtomicLong();
  private volatile int copies = 1;

  /**
   * @param limitBytes what all entries may hold, in bytes of heap
   */
  public Budget(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  /**
   * Takes this many bytes, or gives back where negative. False, and nothing taken, where they would
   * pass the limit.
   */
  boolean reserve(long bytesOfOne) {
    long bytes = bytesOfOne * copies;
    if (bytes <= 0) {
      usedBytes.addAndGet(bytes);
      return true;
    }
    long used = usedBytes.get();
    while (used + bytes <= limitBytes) {
      long witness = usedBytes.compareAndExchange(used, used + bytes);
      if (witness == used) {
        return true;
      }
      used = witness;
    }
    return false;
  }

  /**
   * Has every entry count as often: where others keep copies of what is written here, as many of
   * theirs come here.
   */
  public void countCopies(int copiesOfEach) {
    copies = copiesOfEach;
  }

  /**
   * Says what entries really hold, where that is known by other means than by what was reserved:
   * copies of the entries of others come and go without.
   */
  public void correct(long bytes) {
    usedBytes.set(bytes);
  }

  /** What all entries hold now, in bytes of heap. */
  public long usedBytes() {
    return usedBytes.get();
  }

  /** What all entries may hold, in bytes of heap. */
  public long limitBytes() {
    return limitBytes;
  }
}
