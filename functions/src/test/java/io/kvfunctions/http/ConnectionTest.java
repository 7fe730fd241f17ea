package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What went wrong with connections once, and what they must withstand. */
class ConnectionTest {
  private static final int MIB = 1 << 20;

  private static TestServer server;

  @BeforeAll
  static void start() throws IOException {
    server = TestServer.start(Map.of("kv.limits.value", "8MB"));
    try (RawClient client = connect()) {
      client.send(put("large", "x".repeat(8 * MIB)));
      assertThat(client.receive(false).status()).isEqualTo(201);
      client.send(put("small", "1"));
      assertThat(client.receive(false).status()).isEqualTo(201);
    }
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void requestsSentBeforeTheClientEndedItsSide_areAllAnswered() throws IOException {
    try (RawClient client = connect()) {
      client.send(
          join(
              get("/kv/small"),
              get("/kv?limit=1"),
              get("/kv/small"),
              get("/kv/large"),
              get("/kv/small")));
      client.endSending();
      assertThat(client.receive(false).text()).isEqualTo("1");
      assertThat(client.receive(false).text()).startsWith("{\"entries\"");
      assertThat(client.receive(false).text()).isEqualTo("1");
      assertThat(client.receive(false).body()).hasSize(8 * MIB);
      assertThat(client.receive(false).text()).isEqualTo("1");
      assertThat(client.rest()).isEmpty();
    }
  }

  /**
   * The end of the client's side closed the connection over what was still on its way; and the two
   * seconds that a closed connection is held for were counted before all of the answer was out.
   */
  @Test
  void aLargeAnswerIsWhole_whereTheClientEndsItsSide_andHoweverLongItTakes() throws IOException {
    List<SlowReader> readers = new ArrayList<>();
    try {
      // Somewhere on the way to the end of the answer the server has done its part and the client
      // not, and only the
      // sizes of the system's buffers say where.
      for (int left = 5 * MIB; left > 0; left -= 64 * 1024) {
        SlowReader reader = new SlowReader();
        readers.add(reader);
        reader.ask();
        reader.readUntilLeft(left);
        if (readers.size() % 2 == 0) {
          reader.endSending();
        }
      }
      pass(2_500);
      for (SlowReader reader : readers) {
        reader.readUntilLeft(0);
        assertThat(reader.read()).isEqualTo(-1);
      }
    } finally {
      for (SlowReader reader : readers) {
        reader.close();
      }
    }
  }

  /** Lets time pass, by waiting for what a server that is asked nothing does not say. */
  private static void pass(int millis) throws IOException {
    try (Socket silent = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      silent.setSoTimeout(millis);
      assertThatThrownBy(() -> silent.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
    }
  }

  /** A client that takes the large value bit by bit: what it has not read waits at the server. */
  private static final class SlowReader implements AutoCloseable {
    private final Socket socket = new Socket();
    private final InputStream in;
    private final byte[] buffer = new byte[8 * 1024];
    private int left = 8 * MIB;

    SlowReader() throws IOException {
      socket.setReceiveBufferSize(16 * 1024);
      socket.setSoTimeout(30_000);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
      in = socket.getInputStream();
    }

    /** Asks for the value, as the last request. */
    void ask() throws IOException {
      socket.getOutputStream().write(get("/kv/large", "Connection: close"));
      for (int newLines = 0; newLines < 2; ) { // to the end of the head
        int b = in.read();
        if (b != '\r') {
          newLines = b == '\n' ? newLines + 1 : 0;
        }
      }
    }

    void endSending() throws IOException {
      socket.shutdownOutput();
    }

    int read() throws IOException {
      return in.read();
    }

    /** Reads until only so many bytes of the value have not come. */
    void readUntilLeft(int toLeave) throws IOException {
      while (left > toLeave) {
        int read = in.read(buffer, 0, Math.min(buffer.length, left - toLeave));
        if (read < 0) {
          throw new EOFException(left + " bytes are missing");
        }
        left -= read;
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static RawClient connect() throws IOException {
    return new RawClient("127.0.0.1", server.port());
  }

  private static byte[] get(String target, String... headers) {
    return request("GET " + target, "", headers);
  }

  private static byte[] put(String key, String value, String... headers) {
    return request("PUT /kv/" + key, value, headers);
  }

  private static byte[] request(String line, String body, String... headers) {
    StringBuilder request = new StringBuilder(line).append(" HTTP/1.1\r\nHost: localhost\r\n");
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    if (!body.isEmpty()) {
      request.append("Content-Length: ").append(body.getBytes(UTF_8).length).append("\r\n");
    }
    return request.append("\r\n").append(body).toString().getBytes(UTF_8);
  }

  private static byte[] join(byte[]... parts) {
    StringBuilder all = new StringBuilder();
    for (byte[] part : parts) {
      all.append(new String(part, ISO_8859_1));
    }
    return all.toString().getBytes(ISO_8859_1);
  }
}
