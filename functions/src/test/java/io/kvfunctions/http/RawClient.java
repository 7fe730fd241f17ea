package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;

/**
 * One connection that sends bytes exactly as they are written and reads answers strictly.
 *
 * <p>Sending does not block: the bytes go out on a thread of their own while the caller reads, so
 * that neither side of a large exchange waits for the other, and so that an answer that comes
 * before the request has been sent is read. For one thread at a time.
 */
public final class RawClient implements AutoCloseable {
  /** Far longer than any answer takes: only a server that hangs meets it. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Socket socket;
  private final Duration patience;
  private final InputStream in;
  private Thread sender = Thread.ofVirtual().unstarted(() -> {});

  public RawClient(String host, int port) throws IOException {
    this(host, port, PATIENCE);
  }

  /** A connection on which to connect, or anything to be read, may take this long. */
  public RawClient(String host, int port, Duration patience) throws IOException {
    this.patience = patience;
    int millis = (int) patience.toMillis();
    socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(millis);
    socket.connect(new InetSocketAddress(host, port), millis);
    in = new BufferedInputStream(socket.getInputStream());
    sender.start();
  }

  /**
   * Sends the bytes, after what is still being sent. A server that no longer listens shows in what
   * it answered.
   */
  public void send(byte[] bytes) {
    sendInPiecesOf(Math.max(1, bytes.length), bytes);
  }

  /** Sends the bytes in packets of at most this size. */
  public void sendInPiecesOf(int size, byte[] bytes) {
    after(
        () -> {
          OutputStream out = socket.getOutputStream();
          for (int at = 0; at < bytes.length; at += size) {
            out.write(bytes, at, Math.min(size, bytes.length - at));
            out.flush();
          }
        });
  }

  /** Ends the sending side once everything has been sent. Answers can still be read. */
  public void endSending() {
    after(socket::shutdownOutput);
  }

  /** Closes the connection once everything has been sent, without reading what was answered. */
  public void hangUp() throws IOException {
    join();
    close();
  }

  /** Reads the next answer, an interim one (1xx) too. */
  public RawAnswer receive(boolean head) throws IOException {
    try {
      return RawAnswer.read(in, head);
    } catch (SocketTimeoutException e) {
      throw new IOException("no answer within " + patience.toSeconds() + " seconds", e);
    }
  }

  /** Reads as far as this text, headers, chunk sizes and all. */
  public String receiveTo(String end) throws IOException {
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    while (!read.toString(UTF_8).endsWith(end)) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException("the connection ended after " + Bytes.show(read.toByteArray()));
      }
      read.write(b);
    }
    return read.toString(UTF_8);
  }

  /** Reads to the end of the connection, and returns what came before it. */
  public byte[] rest() throws IOException {
    try {
      return in.readAllBytes();
    } catch (SocketTimeoutException e) {
      throw new IOException(
          "the connection was still open after " + patience.toSeconds() + " seconds", e);
    } catch (SocketException reset) {
      // The server closed while it was being sent something that it had already refused.
      return new byte[0];
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
    join();
  }

  private interface Sending {
    void run() throws IOException;
  }

  private void after(Sending next) {
    Thread before = sender;
    sender =
        Thread.startVirtualThread(
            () -> {
              try {
                before.join();
                next.run();
              } catch (IOException ignored) {
                // The server closed its side: what it answered before tells why.
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private void join() {
    try {
      sender.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
