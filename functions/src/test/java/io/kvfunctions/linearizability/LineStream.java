package io.kvfunctions.linearizability;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kvfunctions.http.RawClient;
import java.io.IOException;

/**
 * A function called line by line: one request whose body goes on, each line answered before the
 * next one is sent.
 */
public final class LineStream implements AutoCloseable {
  private final RawClient client;

  /**
   * Begins the request.
   *
   * @param path of the function
   */
  public LineStream(String host, int port, String path) throws IOException {
    client = new RawClient(host, port);
    send(
        "POST %s HTTP/1.1\r\nHost: kv\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
            .formatted(path));
  }

  /** Sends a line and gives the one it is answered with, an object without another inside. */
  public String call(String line) throws IOException {
    send("%x\r\n%s\n\r\n".formatted(line.getBytes(UTF_8).length + 1, line));
    String answer = client.receiveTo("}\n\r\n");
    return answer.substring(answer.indexOf('{'), answer.lastIndexOf('}') + 1);
  }

  private void send(String text) {
    client.send(text.getBytes(UTF_8));
  }

  @Override
  public void close() throws IOException {
    send("0\r\n\r\n");
    client.close();
  }
}
