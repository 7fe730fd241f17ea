package io.kvfunctions.http;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;

/**
 * One connection for a client that is slow on purpose: it sends when told, blocking, and has so
 * small a window that what it does not read waits at the server.
 */
final class Wire implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 30_000;

  private final Socket socket = new Socket();
  private final InputStream in;

  Wire(int port) throws IOException {
    socket.setReceiveBufferSize(16 * 1024);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    in = new BufferedInputStream(socket.getInputStream(), 4 * 1024);
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  void endSending() throws IOException {
    socket.shutdownOutput();
  }

  RawAnswer receive() throws IOException {
    return RawAnswer.read(in, false);
  }

  /** As much as this, or all there is until the connection ends. */
  byte[] read(int bytes) throws IOException {
    return in.readNBytes(bytes);
  }

  /** Whether something comes within so many milliseconds, be it the end of the connection. */
  boolean isAnsweredWithin(int millis) throws IOException {
    in.mark(1);
    socket.setSoTimeout(millis);
    try {
      int _ = in.read();
      in.reset();
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } finally {
      socket.setSoTimeout(PATIENCE_MILLIS);
    }
  }

  /** Whether the connection ends here, in good order or not. */
  boolean isAtEnd() {
    in.mark(1);
    try {
      boolean ended = in.read() < 0;
      in.reset();
      return ended;
    } catch (IOException e) {
      return !(e instanceof SocketTimeoutException);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
