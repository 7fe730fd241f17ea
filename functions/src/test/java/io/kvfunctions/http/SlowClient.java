package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.EOFException;
import java.io.IOException;
import java.io.PushbackInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;

/**
 * A client that takes its time. It never sleeps: it waits for the server, which either says
 * something or lets the time pass. For one thread at a time.
 */
final class SlowClient implements AutoCloseable {
  /** Far longer than any answer takes: only a server that hangs meets it. */
  private static final int PATIENCE_MILLIS = 30_000;

  private final Socket socket = new Socket();
  private final PushbackInputStream in;
  private final long connectedNanos = System.nanoTime();

  SlowClient(int port) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setReceiveBufferSize(16 * 1024); // what it does not read waits at the server
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
    in = new PushbackInputStream(socket.getInputStream());
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  /** How long ago it began to connect. */
  Duration age() {
    return Duration.ofNanos(System.nanoTime() - connectedNanos);
  }

  void send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(UTF_8));
  }

  /**
   * Sends this text again and again with a pause after each, until the server says something or
   * hangs up, or until this much time has passed.
   *
   * @return how many times
   */
  int trickle(String text, Duration pause, Duration atMost) throws IOException {
    long from = System.nanoTime();
    int sent = 0;
    do {
      try {
        send(text);
      } catch (SocketException reset) { // what it said before can still be read
        return sent;
      }
      sent++;
    } while (!hearsWithin(pause) && System.nanoTime() - from < atMost.toNanos());
    return sent;
  }

  /** Whether the server says something, or hangs up, within this time. */
  boolean hearsWithin(Duration time) throws IOException {
    socket.setSoTimeout(Math.toIntExact(time.toMillis()));
    try {
      int b = in.read();
      if (b >= 0) {
        in.unread(b);
      }
      return true;
    } catch (SocketTimeoutException nothing) {
      return false;
    } finally {
      socket.setSoTimeout(PATIENCE_MILLIS);
    }
  }

  /** Reads this much and pauses, again and again for this long; says how much it read. */
  int sip(int bytes, Duration pause, Duration time) throws IOException {
    long from = System.nanoTime();
    int read = 0;
    try (SlowClient silent = new SlowClient(socket.getPort())) { // lets time pass
      while (System.nanoTime() - from < time.toNanos()) {
        int now = in.readNBytes(bytes).length;
        if (now == 0) {
          throw new EOFException("the connection ended after " + read + " bytes");
        }
        read += now;
        if (silent.hearsWithin(pause)) {
          throw new IOException("a connection that asks for nothing is told something");
        }
      }
    }
    return read;
  }

  void endSending() throws IOException {
    socket.shutdownOutput();
  }

  RawAnswer receive() throws IOException {
    return RawAnswer.read(in, false);
  }

  /** Reads as far as this text, headers, chunk sizes and all. */
  String receiveTo(String end) throws IOException {
    StringBuilder read = new StringBuilder();
    while (!read.toString().endsWith(end)) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException("the connection ended after " + read);
      }
      read.append((char) b);
    }
    return read.toString();
  }

  /** Reads to the end of the connection, and returns how many bytes came before it. */
  int rest() throws IOException {
    try {
      return in.readAllBytes().length;
    } catch (SocketTimeoutException e) {
      throw new IOException("the connection was still open", e);
    } catch (SocketException reset) {
      // The server closed while it was being sent something that it had already refused.
      return 0;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
