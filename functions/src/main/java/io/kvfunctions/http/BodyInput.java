package io.kvfunctions.http;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request as a blocking stream. The event loop puts in what arrives, one virtual
 * thread takes it out; the connection reads on only when all has been taken, so that a sender
 * faster than the store waits in its own TCP window.
 *
 * <p>What has arrived is copied: a body in chunks of one byte would otherwise be held as a hundred
 * bytes for each, and nobody need remember to release it.
 */
final class BodyInput {
  private static final byte[] NONE = new byte[0];

  private final Connection connection;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private byte[] buffer = NONE;
  private int from;
  private int to;
  private boolean ended;
  private boolean waiting;
  private long waitingSince;
  private long held;
  private @Nullable IOException broken;

  BodyInput(Connection connection) {
    this.connection = connection;
  }

  /**
   * Takes what there is, waiting for some if there is none.
   *
   * @return how many bytes, or -1 at the end of the body
   * @throws IOException if the body will never be whole
   */
  int read(byte[] into, int at, int length) throws IOException {
    lock.lock();
    try {
      while (from == to) {
        if (broken != null) {
          throw new IOException(broken);
        }
        if (ended) {
          return -1;
        }
        waiting = true;
        waitingSince = System.nanoTime();
        connection.readMore();
        arrived.awaitUninterruptibly();
        waiting = false;
      }
      int taken = Math.min(length, to - from);
      System.arraycopy(buffer, from, into, at, taken);
      from += taken;
      if (from == to && !ended) {
        connection.readMore();
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the next {@link #read} need not wait. */
  boolean isReady() {
    lock.lock();
    try {
      return from < to || ended;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Announces that the reader is about to hold this many bytes more.
   *
   * @return whether it may: all connections together hold no more than so much
   */
  boolean hold(long bytes) {
    if (!connection.tryReserve(bytes)) {
      return false;
    }
    lock.lock();
    try {
      held += bytes;
    } finally {
      lock.unlock();
    }
    return true;
  }

  /** Gives back all that {@link #hold} was asked for. */
  void letGo() {
    lock.lock();
    try {
      connection.unreserve(held);
      held = 0;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the reader holds what it has asked for. */
  boolean isHeld() {
    lock.lock();
    try {
      return held > 0;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Puts in a copy of a piece.
   *
   * @return whether there is room for it
   */
  boolean offer(ByteBuf piece) {
    lock.lock();
    try {
      if (ended) {
        return true;
      }
      if (from == to) {
        from = 0;
        to = 0;
      }
      int size = to + piece.readableBytes();
      if (size > buffer.length) {
        int larger = Math.max(1_024, Integer.highestOneBit(size - 1) << 1);
        if (!connection.tryReserve(larger - buffer.length)) {
          return false;
        }
        buffer = Arrays.copyOf(buffer, larger);
      }
      piece.getBytes(piece.readerIndex(), buffer, to, piece.readableBytes());
      to = size;
      arrived.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Nothing more will come, and all has. */
  void end() {
    lock.lock();
    try {
      ended = true;
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Nothing more will come, though some should have; what is here is dropped. */
  void breakOff(IOException cause) {
    lock.lock();
    try {
      broken = cause;
      ended = true;
      from = to;
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Whether everything put in has been taken, and more may come. */
  boolean wantsMore() {
    lock.lock();
    try {
      return from == to && !ended;
    } finally {
      lock.unlock();
    }
  }

  /** How long the reader has been waiting for the client, in nanoseconds; 0 if it does not. */
  long waitedNanos(long now) {
    lock.lock();
    try {
      return waiting && from == to && !ended ? now - waitingSince : 0;
    } finally {
      lock.unlock();
    }
  }
}
