package io.kvfunctions.http;

import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;

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

/**
 * The body of an answer with status 200 as a blocking stream, written by one virtual thread. What
 * fits one buffer goes out as an ordinary answer with its length; more goes out in chunks, and the
 * writer waits while the client has too much before it already.
 */
final class BodyOutput extends OutputStream {
  private static final int BUFFER = 32 * 1024;

  /** How much may be on its way to the client before the writer waits, in bytes. */
  private static final int IN_FLIGHT = 4 * BUFFER;

  private final Connection connection;
  private final HttpHeaders headers = Answer.newHeaders();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition drained = lock.newCondition();
  private byte[] buffer = new byte[BUFFER];
  private int filled;
  private boolean begun;
  private int inFlight;
  private boolean gone;

  BodyOutput(Connection connection) {
    this.connection = connection;
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

  @Override
  public void write(int b) throws IOException {
    if (filled == buffer.length) {
      send();
    }
    buffer[filled++] = (byte) b;
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    int start = from;
    int left = length;
    while (left > 0) {
      if (filled == buffer.length) {
        send();
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

  private void send() throws IOException {
    awaitRoom();
    if (!begun) {
      begun = true;
      connection.beginChunks(headers);
    }
    connection.sendChunk(buffer, filled, this);
    buffer = new byte[BUFFER];
    filled = 0;
  }

  private void awaitRoom() throws IOException {
    lock.lock();
    try {
      while (inFlight + filled > IN_FLIGHT && !gone) {
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
