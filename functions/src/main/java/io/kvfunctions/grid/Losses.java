package io.kvfunctions.grid;

import io.kvfunctions.store.Entry;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Which partitions were lost with all their backups, as far as this instance knows, and what is
 * done about it when they come back.
 *
 * <p>They may: what looks like a crash of too many may be a cut, behind which the others keep what
 * they have. When it heals those bring their entries along. What was written before the loss, and
 * is not there any more, is then taken from them ({@link TakeBack}); what was written here since
 * stands, and so do deletes of what had not been lost.
 *
 * <p>Where there was no quorum at the time of the loss, nobody has answered for such a partition
 * since, and nobody does for a moment longer than it takes to have a quorum again: its entries are
 * on their way. All instances tell each other of their losses with every {@link Round}, for any of
 * them may be the primary of a partition by the time it comes back. Safe for any number of threads.
 */
final class Losses {
  /** How long entries may be on their way once there is a quorum again. */
  private static final long WAIT = Duration.ofSeconds(15).toNanos();

  private static final long NEVER = 0;

  /** When a partition was lost, in milliseconds since 1970. */
  private final AtomicLongArray lostAt;

  /** From when on it is answered for again, of those that were lost without a quorum. */
  private final AtomicLongArray waitUntil;

  private volatile boolean anyWait;

  Losses(int partitions) {
    lostAt = new AtomicLongArray(partitions);
    waitUntil = new AtomicLongArray(partitions);
  }

  /**
   * A partition is lost.
   *
   * @param holds whether there is a quorum
   */
  void lost(int partition, boolean holds, long nowMillis, long nowNanos) {
    lostAt.set(partition, Math.max(1, nowMillis));
    if (!holds) {
      anyWait = true;
      waitUntil.set(partition, notNever(nowNanos + WAIT));
    }
  }

  /** There is no quorum now: who waits has to wait from later on. */
  void prolong(long nowNanos) {
    if (anyWait) {
      for (int partition = 0; partition < waitUntil.length(); partition++) {
        if (waitUntil.get(partition) != NEVER) {
          waitUntil.set(partition, notNever(nowNanos + WAIT));
        }
      }
    }
  }

  /** Whether any entries at all ever were. */
  boolean isAnyAwaited() {
    return anyWait;
  }

  /** Whether the entries of the partition may be on their way back. */
  boolean isAwaited(int partition, long nowNanos) {
    if (!anyWait) {
      return false;
    }
    long until = waitUntil.get(partition);
    if (until == NEVER) {
      return false;
    }
    if (nowNanos - until < 0) {
      return true;
    }
    waitUntil.compareAndSet(partition, until, NEVER);
    return false;
  }

  /** Whether an entry that someone else kept is to stand where there is none. */
  boolean isToBeTaken(int partition, Entry entry) {
    long lost = lostAt.get(partition);
    return lost != NEVER && entry.lastModifiedMillis() <= lost;
  }

  /**
   * Forgets all: this instance joins others that went on without it, and what it took for lost is
   * what they have.
   */
  void forget() {
    for (int partition = 0; partition < lostAt.length(); partition++) {
      lostAt.set(partition, NEVER);
      waitUntil.set(partition, NEVER);
    }
  }

  /** Tells the others, who may become primaries of what was lost here. */
  void writeTo(DataOutput out, long nowNanos) throws IOException {
    for (int partition = 0; partition < lostAt.length(); partition++) {
      long lost = lostAt.get(partition);
      if (lost != NEVER) {
        out.writeInt(partition);
        out.writeLong(lost);
        out.writeBoolean(isAwaited(partition, nowNanos));
      }
    }
    out.writeInt(-1);
  }

  /** Hears of the losses of another. */
  void readFrom(DataInput in, long nowNanos) throws IOException {
    for (int partition = in.readInt(); partition >= 0; partition = in.readInt()) {
      long lost = in.readLong();
      boolean awaited = in.readBoolean();
      long before = lostAt.getAndAccumulate(partition, lost, Math::max);
      if (before < lost && awaited) {
        anyWait = true;
        waitUntil.set(partition, notNever(nowNanos + WAIT));
      }
    }
  }

  private static long notNever(long nanos) {
    return nanos == NEVER ? 1 : nanos;
  }
}
