package io.kvfunctions.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A stop takes its time for who has been promised an answer, and no longer than it is allowed. */
@ParameterizedClass
@EnumSource
class GracefulStopTest {
  @Parameter TestMap map;

  private static final String NDJSON = "Content-Type: application/x-ndjson";

  @Test
  void uploadInProgress_isStillAnswered() throws Exception {
    try (TestServer server = map.start(Map.of());
        SlowClient client = new SlowClient(server.port())) {
      Server edge = server.context().getBean(Server.class);
      client.send(head("PUT /kv/a", "Content-Length: 10") + "first");
      Await.until("the request is in flight", () -> edge.inFlight() == 1);
      Thread stop = stop(server);
      Await.until("the server is stopping", edge::isStopping);
      client.send("final");
      RawAnswer answer = client.receive();
      assertThat(answer.status()).isEqualTo(201);
      assertThat(answer.values("Connection")).containsExactly("close");
      assertThat(client.rest()).isZero();
      stop.join();
      assertThat(edge.inFlight()).isZero();
      assertRefused(server);
    }
  }

  @Test
  void linesInProgress_areStillAnswered_whereTheAnswerHasNotBegun() throws Exception {
    try (TestServer server = map.start(Map.of());
        SlowClient client = new SlowClient(server.port())) {
      Server edge = server.context().getBean(Server.class);
      String lines = "{\"key\":\"a\",\"value\":\"1\"}\n{\"key\":\"b\",\"value\":\"2\"}\n";
      client.send(
          head("POST /put", NDJSON, "Content-Length: " + lines.length()) + lines.substring(0, 10));
      Await.until("the request is in flight", () -> edge.inFlight() == 1);
      Thread stop = stop(server);
      Await.until("the server is stopping", edge::isStopping);
      client.send(lines.substring(10));
      RawAnswer answer = client.receive();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.values("Connection")).containsExactly("close");
      assertThat(answer.text().lines()).hasSize(2);
      assertThat(client.rest()).isZero();
      stop.join();
    }
  }

  /**
   * Its header fields have gone out without Connection: close; the connection ends all the same.
   */
  @Test
  void linesInProgress_areStillAnswered_whereTheAnswerHasBegun() throws Exception {
    try (TestServer server = map.start(Map.of());
        SlowClient client = new SlowClient(server.port())) {
      Server edge = server.context().getBean(Server.class);
      String first = "{\"key\":\"a\",\"value\":\"1\"}\n";
      String second = "{\"key\":\"b\",\"value\":\"2\"}\n";
      client.send(
          head("POST /put", NDJSON, "Content-Length: " + (first + second).length()) + first);
      assertThat(client.receiveTo("\"created\":true}")).contains("\"key\":\"a\"");
      Thread stop = stop(server);
      Await.until("the server is stopping", edge::isStopping);
      client.send(second);
      assertThat(client.receiveTo("0\r\n\r\n")).contains("\"key\":\"b\"");
      assertThat(client.rest()).isZero();
      stop.join();
      assertRefused(server);
    }
  }

  @Test
  void readinessIsGoneWhileTheStopWaits() throws Exception {
    try (TestServer server = map.start(Map.of());
        SlowClient client = new SlowClient(server.port())) {
      Server edge = server.context().getBean(Server.class);
      client.send(head("PUT /kv/a", "Content-Length: 1"));
      Await.until("the request is in flight", () -> edge.inFlight() == 1);
      Thread stop = stop(server);
      Await.until("the server is stopping", edge::isStopping);
      try (SlowClient probe = new SlowClient(server.port())) {
        probe.send(head("GET /readyz"));
        assertThat(probe.receive().status()).isEqualTo(503);
      }
      client.send("x");
      assertThat(client.receive().status()).isEqualTo(201);
      stop.join();
    }
  }

  /** The stop waits for the client, not for the server to have got rid of the bytes. */
  @Test
  void largeAnswerInProgress_isStillWhole() throws Exception {
    int size = 8 << 20;
    try (TestServer server = map.start(Map.of("kv.limits.value", "8MB"));
        SlowClient client = new SlowClient(server.port())) {
      Server edge = server.context().getBean(Server.class);
      client.send(head("PUT /kv/a", "Content-Length: " + size) + "x".repeat(size));
      assertThat(client.receive().status()).isEqualTo(201);
      client.send(head("GET /kv/a"));
      client.receiveTo("\r\n\r\n");
      Thread stop = stop(server);
      Await.until("the server is stopping", edge::isStopping);
      assertThat(client.rest()).isEqualTo(size);
      stop.join();
    }
  }

  @Test
  void requestThatNeverEnds_holdsTheStopUpForTheDrainTimeoutAlone() throws Exception {
    Duration timeout = Duration.ofMillis(700);
    try (TestServer server = map.start(Map.of("kv.http.drain-timeout", "700ms"));
        SlowClient client = new SlowClient(server.port())) {
      Server edge = server.context().getBean(Server.class);
      Drain drain = server.context().getBean(Drain.class);
      client.send(head("PUT /kv/a", "Content-Length: 10") + "first");
      Await.until("the request is in flight", () -> edge.inFlight() == 1);
      long from = System.nanoTime();
      stop(server).join();
      assertThat(Duration.ofNanos(System.nanoTime() - from)).isGreaterThanOrEqualTo(timeout);
      assertThat(drain.isDrained()).isFalse();
      assertRefused(server, client);
    }
  }

  private static Thread stop(TestServer server) {
    return Thread.ofVirtual().start(server::close);
  }

  private static void assertRefused(TestServer server) {
    int port = server.port();
    assertThatThrownBy(() -> new SlowClient(port).close()).isInstanceOf(ConnectException.class);
  }

  private static void assertRefused(TestServer server, SlowClient unanswered) throws IOException {
    assertThat(unanswered.rest()).isZero();
    assertRefused(server);
  }

  private static String head(String line, String... fields) {
    StringBuilder head = new StringBuilder(line).append(" HTTP/1.1\r\nHost: localhost\r\n");
    for (String field : fields) {
      head.append(field).append("\r\n");
    }
    return head.append("\r\n").toString();
  }
}
