package io.kvfunctions.http;

import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;

import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.ProblemException;
import io.kvfunctions.store.Entry;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.AsciiString;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

/**
 * The body of an answer with status 200 as a blocking stream, written by one virtual thread. What
 * fits one buffer goes out as an ordinary answer with its length; more goes out in chunks, and the
 * writer waits while the client has too much before it already.
 *
 * <p>Where there is no room for a buffer of full size ({@link Server#reserve}), the small one has
 * to do, and the client gets its answer slower. To refuse would be wrong: what the answer tells of
 * may have been done already.
 *
 * <p>To a HEAD there is no body; as soon as it is known that there would be chunks, all has been
 * said.
 */
final class BodyOutput extends OutputStream {
  private static final int BUFFER = 32 * 1024;

  /** The buffer of an answer that may well be a small one, in bytes. */
  private static final int SMALL = 2 * 1024;

  /** How many buffers may be on their way to the client before the writer waits. */
  private static final int IN_FLIGHT = 2;

  private final Connection connection;
  private final boolean isHead;
  private final HttpHeaders headers = Answer.newHeaders();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition drained = lock.newCondition();
  private byte[] buffer = new byte[SMALL];
  private int filled;
  private boolean begun;
  private boolean cramped;
  private boolean allSaid;
  private UnaryOperator<Problem> ifItFails = UnaryOperator.identity();
  private int inFlight;
  private boolean gone;

  BodyOutput(Connection connection, boolean isHead) {
    this.connection = connection;
    this.isHead = isHead;
  }

  /** The header fields of the answer, to be set before anything is written. */
  HttpHeaders headers() {
    return headers;
  }

  /** The same stream, of this type. */
  BodyOutput as(AsciiString contentType) {
    headers.set(CONTENT_TYPE, contentType);
    return this;
  }

  /** Has a problem that this ends in tell what was done before it came to that. */
  void ifItFails(UnaryOperator<Problem> tell) {
    ifItFails = tell;
  }

  /** The problem as the client is to hear it. */
  Problem told(Problem problem) {
    return ifItFails.apply(problem);
  }

  /**
   * Takes room for an entry that is about to be written, if it is a large one: for its text, and
   * for itself, which may be in the map no more before the client has taken it.
   *
   * @return how much, for {@link #letGo}
   * @throws ProblemException if all connections together hold too much already
   */
  long hold(Entry entry) {
    if (entry.size() <= BUFFER) {
      return 0;
    }
    long bytes = 2L * entry.size();
    if (!hold(bytes)) {
      throw Connection.noRoom().asException();
    }
    return bytes;
  }

  /**
   * Takes room for what the writer is about to keep, for {@link #letGo}; false where there is none.
   */
  boolean hold(long bytes) {
    return connection.tryReserve(bytes);
  }

  /** Gives it back. */
  void letGo(long bytes) {
    if (bytes > 0) {
      connection.unreserve(bytes);
    }
  }

  @Override
  public void write(int b) throws IOException {
    if (filled == buffer.length) {
      growOrSend();
    }
    buffer[filled++] = (byte) b;
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    int start = from;
    int left = length;
    while (left > 0) {
      if (filled == buffer.length) {
        growOrSend();
      }
      int part = Math.min(left, buffer.length - filled);
      System.arraycopy(bytes, start, buffer, filled, part);
      filled += part;
      start += part;
      left -= part;
    }
  }

  /** Sends what has been written so far on its way. */
  @Override
  public void flush() throws IOException {
    if (filled > 0) {
      send();
    }
  }

  /** Ends the answer; not to be called for one that broke off. */
  void end() throws IOException {
    if (begun) {
      flush();
      connection.endChunks();
    } else {
      connection.sendWhole(
          new Answer(
              HttpResponseStatus.OK,
              headers,
              ByteBuffer.wrap(Arrays.copyOf(buffer, filled)),
              Answer.OK));
    }
  }

  /** Whether the client has been sent the status, so that no other can be given. */
  boolean hasBegun() {
    return begun;
  }

  /** Whether the writer broke off because a HEAD needs no more. */
  boolean hasSaidAll() {
    return allSaid;
  }

  private void growOrSend() throws IOException {
    if (buffer.length == SMALL && !cramped) {
      cramped = !connection.tryReserve((1L + IN_FLIGHT) * BUFFER);
      if (!cramped) {
        buffer = Arrays.copyOf(buffer, BUFFER);
        return;
      }
    }
    send();
  }

  private void send() throws IOException {
    if (!begun) {
      begun = true;
      connection.beginChunks(headers);
    }
    if (isHead) {
      allSaid = true;
      throw new ClosedChannelException();
    }
    awaitRoom();
    connection.sendChunk(buffer, filled, this);
    buffer = new byte[buffer.length];
    filled = 0;
  }

  private void awaitRoom() throws IOException {
    lock.lock();
    try {
      while (inFlight + filled > IN_FLIGHT * buffer.length && !gone) {
        drained.awaitUninterruptibly();
      }
      if (gone) {
        throw new ClosedChannelException();
      }
      inFlight += filled;
    } finally {
      lock.unlock();
    }
  }

  /** This many bytes have left for the client. */
  void sent(int bytes) {
    lock.lock();
    try {
      inFlight -= bytes;
      drained.signal();
    } finally {
      lock.unlock();
    }
  }

  /** The client is gone: whoever writes is to stop. */
  void breakOff() {
    lock.lock();
    try {
      gone = true;
      drained.signal();
    } finally {
      lock.unlock();
    }
  }
}
