package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;

/**
 * One connection for one request whose body and answer are streams, neither of which is ever held
 * whole. One thread may send while another reads.
 */
final class StreamClient implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 30_000;
  private static final int CHUNK = 32 * 1024;

  /** Small beside what is sent, so that little can be under way. */
  private static final int SOCKET_BUFFER = 128 * 1024;

  private final SocketChannel channel;

  StreamClient(int port) throws IOException {
    channel = SocketChannel.open();
    channel.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER);
    channel.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER);
    channel
        .socket()
        .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
    channel.socket().setSoTimeout(PATIENCE_MILLIS);
  }

  /** Sends the head of a request whose body is lines, in chunks. */
  void beginLines(String path, String... headers) throws IOException {
    send(
        "POST "
            + path
            + " HTTP/1.1\r\nHost: kv\r\nContent-Type: application/x-ndjson\r\n"
            + "Transfer-Encoding: chunked\r\n"
            + String.join("", headers)
            + "\r\n");
  }

  void send(String text) throws IOException {
    write(ByteBuffer.wrap(text.getBytes(UTF_8)));
  }

  /** Sends these bytes as one chunk of the body. */
  void chunk(byte[] bytes) throws IOException {
    write(ByteBuffer.wrap(framed(bytes)));
  }

  void endBody() throws IOException {
    send("0\r\n\r\n");
  }

  /** Sends this many lines and the end of the body, on a thread of its own. */
  CompletableFuture<Void> sendLines(int count, IntFunction<String> line) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            ByteArrayOutputStream chunk = new ByteArrayOutputStream(2 * CHUNK);
            for (int i = 0; i < count; i++) {
              chunk.writeBytes((line.apply(i) + "\n").getBytes(UTF_8));
              if (chunk.size() >= CHUNK || i == count - 1) {
                chunk(chunk.toByteArray());
                chunk.reset();
              }
            }
            endBody();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        task -> Thread.ofPlatform().daemon().start(task));
  }

  private static byte[] framed(byte[] bytes) {
    ByteArrayOutputStream chunk = new ByteArrayOutputStream(bytes.length + 16);
    chunk.writeBytes((Integer.toHexString(bytes.length) + "\r\n").getBytes(UTF_8));
    chunk.writeBytes(bytes);
    chunk.writeBytes("\r\n".getBytes(UTF_8));
    return chunk.toByteArray();
  }

  private void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /**
   * Sends as much of these bytes as the server takes, without reading: up to their end, or to where
   * nothing has gone out for so long.
   */
  void sendUntilHeld(ByteBuffer bytes, Duration nothingFor) throws IOException {
    channel.configureBlocking(false);
    try (Selector selector = Selector.open()) {
      channel.register(selector, SelectionKey.OP_WRITE);
      while (bytes.hasRemaining() && selector.select(nothingFor.toMillis()) > 0) {
        selector.selectedKeys().clear();
        channel.write(bytes);
      }
    }
    channel.configureBlocking(true);
  }

  /** Sends the rest of these bytes on a thread of its own. */
  CompletableFuture<Void> sendRest(ByteBuffer bytes) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            write(bytes);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        task -> Thread.ofPlatform().daemon().start(task));
  }

  /** Reads some bytes of whatever comes. */
  void readSome() throws IOException {
    if (channel.socket().getInputStream().read(new byte[100]) < 0) {
      throw new EOFException("the connection ended where an answer was due");
    }
  }

  /** Reads the head of the answer, and gives its body as lines. */
  BufferedReader lines() throws IOException {
    return new BufferedReader(new InputStreamReader(body(CHUNK), UTF_8), CHUNK);
  }

  /**
   * Reads the head of the answer, and gives its body.
   *
   * @param readAhead the most bytes to take from the socket at a time
   */
  InputStream body(int readAhead) throws IOException {
    InputStream in = new BufferedInputStream(channel.socket().getInputStream(), readAhead);
    String status = crLfLine(in);
    StringBuilder head = new StringBuilder(status);
    boolean chunked = false;
    int length = -1;
    for (String field = crLfLine(in); !field.isEmpty(); field = crLfLine(in)) {
      head.append('\n').append(field);
      chunked |= field.equalsIgnoreCase("Transfer-Encoding: chunked");
      if (field.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(field.substring(field.indexOf(":") + 1).strip());
      }
    }
    if (!status.startsWith("HTTP/1.1 200 ") || chunked == length >= 0) {
      throw new ProtocolException("not a 200 with a body: " + head);
    }
    return new Body(in, chunked, length);
  }

  private static String crLfLine(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the connection ended after: " + line);
      }
      line.append((char) b);
    }
    line.setLength(line.length() - 1);
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** A body without its chunks. */
  private static final class Body extends InputStream {
    private final InputStream in;
    private final boolean chunked;
    private int left;
    private boolean begun;
    private boolean ended;

    Body(InputStream in, boolean chunked, int length) {
      this.in = in;
      this.chunked = chunked;
      this.left = Math.max(0, length);
      this.ended = length == 0;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      if (left == 0 && !ended) {
        nextChunk();
      }
      if (ended) {
        return -1;
      }
      int read = in.read(into, from, Math.min(length, left));
      if (read < 0) {
        throw new EOFException("the connection ended within the body");
      }
      left -= read;
      return read;
    }

    private void nextChunk() throws IOException {
      if (!chunked) {
        ended = true;
        return;
      }
      if (begun) {
        crLfLine(in);
      }
      begun = true;
      left = Integer.parseInt(crLfLine(in), 16);
      if (left == 0) {
        crLfLine(in);
        ended = true;
      }
    }
  }
}
