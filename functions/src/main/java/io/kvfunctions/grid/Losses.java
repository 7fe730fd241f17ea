package io.kvfunctions.grid;

import io.kvfunctions.store.Entry;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * Which entries are taken from others that come back after having been cut off: those of partitions
 * that were lost here with all their backups, and all those of others that have answered meanwhile.
 *
 * <p>They may: what looks like a crash of too many may be a cut, behind which the others keep what
 * they have. When it heals those bring their entries along. What was written before the loss, and
 * is not there any more, is then taken from them ({@link TakeBack}); what was written here since
 * stands, and so do deletes of what had not been lost.
 *
 * <p>Once all instances are here again and every entry has had its backups for a while, whatever
 * was to come back has, and the loss is forgotten. Or what is deleted weeks later while some are
 * cut off would come back with those.
 *
 * <p>Where there was no quorum at the time of the loss, nobody has answered for such a partition
 * since, and nobody does for a moment longer than it takes to have a quorum again: its entries are
 * on their way. All instances tell each other of their losses with every {@link Round}, for any of
 * them may be the primary of a partition by the time it comes back.
 *
 * <p><b>Others that have answered</b> are those that began as a store of their own, since they did
 * not reach this one: new instances, say, that a network policy kept from the old ones. When they
 * meet what either has is to stay. By which beginning they go each instance knows, and tells the
 * others: it is that of those it got its entries from. Or they are more than half of the last
 * electorate, cut off from newcomers that were more, and then come to those: the engine has the
 * smaller number join the larger. Safe for any number of threads.
 */
final class Losses {
  /** How long entries may be on their way once there is a quorum again. */
  private static final long WAIT = Duration.ofSeconds(15).toNanos();

  /** For how long all must have been well before a loss is forgotten: longer than a merge takes. */
  private static final long SETTLED = Duration.ofMinutes(1).toNanos();

  private static final long NEVER = 0;

  /** When a partition was lost, in milliseconds since 1970. */
  private final AtomicLongArray lostAt;

  /** From when on it is answered for again, of those that were lost without a quorum. */
  private final AtomicLongArray waitUntil;

  /** The last loss of a partition that was forgotten, others may tell of it still. */
  private final AtomicLongArray forgotten;

  private volatile boolean anyWait;

  /** What the entries here began with; empty as long as that is not known. */
  private volatile String origin = "";

  /** What is brought along to others. */
  private volatile Brought brought = Brought.NOTHING;

  private volatile boolean wasWell;
  private volatile long wellSince;

  /**
   * Where entries come from that are brought along.
   *
   * @param origin what they began with, empty where that is not known
   * @param answered whether those who bring them answered until then
   */
  record Brought(String origin, boolean answered) {
    static final Brought NOTHING = new Brought("", false);
  }

  Losses(int partitions) {
    lostAt = new AtomicLongArray(partitions);
    waitUntil = new AtomicLongArray(partitions);
    forgotten = new AtomicLongArray(partitions);
  }

  /**
   * Learns what the entries began with, if that is not known: with the first electorate. Who comes
   * later hears of it from others.
   */
  void begin(Electorate electorate, String self) {
    if (origin.isEmpty()
        && brought.origin().isEmpty()
        && electorate.version() == 1
        && electorate.includes(self)) {
      origin = electorate.ids().first();
    }
  }

  /** Where the entries come from that this instance brings along, if it joined others. */
  Brought brought() {
    return brought;
  }

  /**
   * How it is now. To be called several times a second.
   *
   * @param well whether all instances are here and every entry has its backups
   */
  void settle(boolean well, long nowNanos) {
    if (!well || !wasWell) {
      wasWell = well;
      wellSince = nowNanos;
    } else if (nowNanos - wellSince >= SETTLED) {
      for (int partition = 0; partition < lostAt.length(); partition++) {
        long lost = lostAt.get(partition);
        if (lost != NEVER && !isAwaited(partition, nowNanos)) {
          forgotten.set(partition, lost);
          lostAt.compareAndSet(partition, lost, NEVER);
        }
      }
    }
  }

  /**
   * A partition is lost.
   *
   * @param holds whether there is a quorum
   */
  void lost(int partition, boolean holds, long nowMillis, long nowNanos) {
    lostAt.set(partition, Math.max(forgotten.get(partition) + 1, nowMillis));
    wasWell = false;
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

  /**
   * Whether an entry that someone else kept is to stand.
   *
   * @param from where it comes from
   * @param ours what stands here, null where that is nothing
   */
  boolean isToBeTaken(int partition, Entry theirs, Brought from, @Nullable Entry ours) {
    boolean areStrangers =
        !from.origin().isEmpty() && !origin.isEmpty() && !from.origin().equals(origin);
    if (from.answered() || areStrangers) {
      return ours == null || theirs.lastModifiedMillis() > ours.lastModifiedMillis();
    }
    long lost = lostAt.get(partition);
    return ours == null && lost != NEVER && theirs.lastModifiedMillis() <= lost;
  }

  /**
   * This instance joins others that went on without it, and brings along what it has. What it took
   * for lost is what they have.
   *
   * @param answered whether it has answered until now
   */
  void joinOthers(boolean answered) {
    for (int partition = 0; partition < lostAt.length(); partition++) {
      lostAt.set(partition, NEVER);
      waitUntil.set(partition, NEVER);
      forgotten.set(partition, NEVER);
    }
    brought = new Brought(origin.isEmpty() ? brought.origin() : origin, answered);
    origin = "";
  }

  /** Tells the others, who may become primaries of what was lost here. */
  void writeTo(DataOutput out, long nowNanos) throws IOException {
    out.writeUTF(origin);
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
    String theirs = in.readUTF();
    if (origin.isEmpty()) {
      origin = theirs;
    }
    for (int partition = in.readInt(); partition >= 0; partition = in.readInt()) {
      long lost = in.readLong();
      boolean awaited = in.readBoolean();
      if (lost <= forgotten.get(partition)) {
        continue;
      }
      long before = lostAt.getAndAccumulate(partition, lost, Math::max);
      if (before < lost) {
        wasWell = false;
        if (awaited) {
          anyWait = true;
          waitUntil.set(partition, notNever(nowNanos + WAIT));
        }
      }
    }
  }

  private static long notNever(long nanos) {
    return nanos == NEVER ? 1 : nanos;
  }
}
