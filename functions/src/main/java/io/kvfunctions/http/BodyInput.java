package io.kvfunctions.http;

import io.kvfunctions.functions.ProblemException;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request as a blocking stream. The event loop puts in what arrives, one virtual
 * thread takes it out; the connection reads on only when all has been taken, so that a sender
 * faster than the store waits in its own TCP window.
 */
final class BodyInput {
  private final Connection connection;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final Queue<ByteBuf> queue = new ArrayDeque<>();
  private boolean ended;
  private boolean waiting;
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
  int read(byte[] into, int from, int length) throws IOException {
    lock.lock();
    try {
      while (queue.isEmpty()) {
        if (broken != null) {
          throw new IOException(broken);
        }
        if (ended) {
          return -1;
        }
        waiting = true;
        connection.readMore();
        arrived.awaitUninterruptibly();
        waiting = false;
      }
      ByteBuf first = queue.element();
      int taken = Math.min(length, first.readableBytes());
      first.readBytes(into, from, taken);
      if (!first.isReadable()) {
        queue.remove().release();
        if (queue.isEmpty() && !ended) {
          connection.readMore();
        }
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
      return !queue.isEmpty() || ended;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Announces that the reader is about to hold this many bytes more.
   *
   * @throws ProblemException if all connections together hold too many already
   */
  void reserve(long bytes) {
    connection.reserve(bytes);
  }

  /** Puts in a piece, whose reference it takes over. */
  void offer(ByteBuf piece) {
    lock.lock();
    try {
      if (piece.isReadable() && !ended) {
        queue.add(piece);
        arrived.signal();
      } else {
        piece.release();
      }
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
      queue.forEach(ByteBuf::release);
      queue.clear();
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Whether everything put in has been taken, and more may come. */
  boolean wantsMore() {
    lock.lock();
    try {
      return queue.isEmpty() && !ended;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the reader stands waiting for the client. */
  boolean isWaiting() {
    lock.lock();
    try {
      return waiting && queue.isEmpty() && !ended;
    } finally {
      lock.unlock();
    }
  }
}
