package io.kvfunctions.linearizability;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A function called line by line: one request whose body goes on, each line answered before the
 * next one is sent.
 */
public final class LineStream implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 30_000;

  private final Socket socket = new Socket();
  private final InputStream in;
  private final OutputStream out;
  private final ByteArrayOutputStream unread = new ByteArrayOutputStream();
  private boolean begun;

  /**
   * Begins the request.
   *
   * @param path of the function
   */
  public LineStream(String host, int port, String path) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.connect(new InetSocketAddress(host, port), PATIENCE_MILLIS);
    in = new BufferedInputStream(socket.getInputStream());
    out = socket.getOutputStream();
    out.write(
        ("POST "
                + path
                + " HTTP/1.1\r\nHost: kv\r\nContent-Type: application/x-ndjson\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n")
            .getBytes(US_ASCII));
  }

  /** Sends a line and gives the one it is answered with. */
  public String call(String line) throws IOException {
    send((line + "\n").getBytes(UTF_8));
    if (!begun) {
      begun = true;
      String status = readLine();
      if (!status.startsWith("HTTP/1.1 200 ")) {
        throw new IllegalStateException(status);
      }
      while (!readLine().isEmpty()) {}
    }
    return nextLine();
  }

  private void send(byte[] chunk) throws IOException {
    out.write((Integer.toHexString(chunk.length) + "\r\n").getBytes(US_ASCII));
    out.write(chunk);
    out.write("\r\n".getBytes(US_ASCII));
    out.flush();
  }

  /** The next line of the answer; its line feed may come with it or before the next one. */
  private String nextLine() throws IOException {
    while (true) {
      String text = unread.toString(UTF_8).stripLeading();
      if (text.endsWith("}") || text.endsWith("}\n")) {
        unread.reset();
        return text.strip();
      }
      int size = Integer.parseInt(readLine(), 16);
      if (size == 0) {
        throw new EOFException("the answer has ended");
      }
      unread.write(in.readNBytes(size));
      readLine();
    }
  }

  private String readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the connection has ended");
      }
      line.write(b);
    }
    return line.toString(US_ASCII).stripTrailing();
  }

  @Override
  public void close() throws IOException {
    try (socket) {
      out.write("0\r\n\r\n".getBytes(US_ASCII));
      out.flush();
    } catch (IOException e) {
      // The server has broken it off already.
    }
  }
}
