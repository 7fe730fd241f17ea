package io.kvfunctions.grid.trials;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kvfunctions.http.RawAnswer;
import io.kvfunctions.http.RawClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Sends requests, each of them once: the connections of one client to all instances it has had to
 * do with. For one thread at a time.
 */
final class Caller implements AutoCloseable {
  private final Duration patience;
  private final Map<Place, RawClient> connections = new HashMap<>();

  /** A caller that waits so long for an answer. */
  Caller(Duration patience) {
    this.patience = patience;
  }

  Response call(Place place, String method, String path) {
    return call(place, method, path, "", "");
  }

  /**
   * Makes a request, and waits for what comes of it.
   *
   * @param fields header fields, each with a line break behind it
   * @param body empty for none, unless it is a PUT
   */
  Response call(Place place, String method, String path, String fields, String body) {
    byte[] bytes = body.getBytes(UTF_8);
    String length =
        bytes.length > 0 || method.equals("PUT") ? "Content-Length: " + bytes.length + "\r\n" : "";
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(
        "%s %s HTTP/1.1\r\nHost: kv\r\n%s%s\r\n"
            .formatted(method, path, length, fields)
            .getBytes(UTF_8));
    request.writeBytes(bytes);
    RawClient connection;
    try {
      connection = connect(place);
    } catch (IOException e) {
      return new Response.NotSent(why(e));
    }
    try {
      connection.send(request.toByteArray());
      RawAnswer answer = connection.receive(false);
      if (answer.values("Connection").contains("close")) {
        disconnect(place);
      }
      return new Response.Answered(answer);
    } catch (IOException e) {
      disconnect(place);
      return new Response.Unanswered(why(e));
    }
  }

  private RawClient connect(Place place) throws IOException {
    RawClient connection = connections.get(place);
    if (connection == null) {
      connection = new RawClient(place.address(), place.port(), patience);
      connections.put(place, connection);
    }
    return connection;
  }

  private static String why(IOException e) {
    return String.valueOf(e.getMessage());
  }

  private void disconnect(Place place) {
    RawClient connection = connections.remove(place);
    if (connection != null) {
      try {
        connection.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void close() {
    List.copyOf(connections.keySet()).forEach(this::disconnect);
  }
}
