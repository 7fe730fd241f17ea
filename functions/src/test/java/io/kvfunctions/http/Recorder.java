package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * Stands between clients and a server, passes every byte on, and tells the exchanges of each
 * connection once it has ended: the first answer that is final belongs to the first request, and so
 * on. Whoever talks to the server through it need not know that it is there.
 */
final class Recorder implements AutoCloseable {
  private final int serverPort;
  private final ServerSocket listener;
  private final ConcurrentLinkedQueue<Connection> connections = new ConcurrentLinkedQueue<>();

  Recorder(int serverPort) throws IOException {
    this.serverPort = serverPort;
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.startVirtualThread(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    while (true) {
      try {
        Socket client = listener.accept();
        connections.add(
            new Connection(client, new Socket(InetAddress.getLoopbackAddress(), serverPort)));
      } catch (IOException closed) {
        return;
      }
    }
  }

  /**
   * Tells the exchanges of all connections since the last time. Their clients must have closed
   * them.
   */
  void drain(Consumer<Exchange> listener) {
    for (Connection connection = connections.poll();
        connection != null;
        connection = connections.poll()) {
      connection.exchanges().forEach(listener);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }

  /** Both directions of one connection. */
  private static final class Connection {
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final ByteArrayOutputStream answered = new ByteArrayOutputStream();
    private final Thread there;
    private final Thread back;

    Connection(Socket client, Socket server) throws IOException {
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      there = Thread.startVirtualThread(() -> pass(client, server, sent));
      back =
          Thread.startVirtualThread(
              () -> {
                pass(server, client, answered);
                close(client);
                close(server);
              });
    }

    private static void pass(Socket from, Socket to, ByteArrayOutputStream copy) {
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        byte[] bytes = new byte[64 * 1024];
        for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
          copy.write(bytes, 0, read);
          out.write(bytes, 0, read);
        }
        to.shutdownOutput();
      } catch (IOException broken) {
        // One side has gone. What was answered until then counts.
      }
    }

    private static void close(Socket socket) {
      try {
        socket.close();
      } catch (IOException ignored) {
        // It is closed as far as it can be.
      }
    }

    List<Exchange> exchanges() {
      try {
        there.join();
        back.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return List.of();
      }
      return split(sent.toByteArray(), answered.toByteArray());
    }
  }

  /** The exchanges of a connection on which these bytes went and came. */
  static List<Exchange> split(byte[] sent, byte[] answered) {
    List<Exchange> exchanges = new ArrayList<>();
    ByteArrayInputStream answers = new ByteArrayInputStream(answered);
    String requests = new String(sent, ISO_8859_1);
    try {
      while (answers.available() > 0) {
        boolean head = requests.startsWith("HEAD ");
        RawAnswer answer = RawAnswer.read(answers, head);
        while (answer.status() < 200 && answers.available() > 0) {
          answer = RawAnswer.read(answers, head);
        }
        Map<String, List<String>> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (RawAnswer.Header header : answer.headers()) {
          fields.computeIfAbsent(header.name(), name -> new ArrayList<>()).add(header.value());
        }
        Exchange exchange = Exchange.of(requests, answer.status(), fields, answer.body());
        exchanges.add(exchange);
        requests = requests.substring(exchange.length());
      }
    } catch (java.io.EOFException cut) {
      // The client hung up in the middle of an answer.
    } catch (IOException e) {
      throw new UncheckedIOException("what was answered to " + Bytes.show(sent), e);
    }
    return exchanges;
  }
}
