package io.kvfunctions.grid;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Concurrently;
import io.kvfunctions.http.Await;
import io.kvfunctions.http.TestServer;
import io.kvfunctions.settings.KvSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Three instances, in what one alone does not have. */
class GridTest {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private static TestGrid grid;

  @BeforeAll
  static void start() {
    grid = TestGrid.start(Map.of("kv.limits.memory", "4MB", "kv.expiry.interval", "10ms"));
  }

  @AfterAll
  static void stop() {
    grid.close();
  }

  private static HttpResponse<String> send(int instance, String method, String path, String body)
      throws IOException, InterruptedException {
    return send(instance, method, path, body, Map.of());
  }

  private static HttpResponse<String> send(
      int instance, String method, String path, String body, Map<String, String> headers)
      throws IOException, InterruptedException {
    int port = grid.ports().get(instance);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .method(method, BodyPublishers.ofString(body));
    headers.forEach(request::header);
    return CLIENT.send(request.build(), BodyHandlers.ofString());
  }

  private static String management(TestServer server, String path)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + server.managementPort() + path);
    return CLIENT.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
  }

  @Test
  void anEventThatArrivesAtAllInstancesAtOnce_isAppliedOnce() throws Exception {
    for (int round = 0; round < 20; round++) {
      Map<String, String> event =
          Map.of(
              "ce-specversion", "1.0",
              "ce-id", "round " + round,
              "ce-source", "/test",
              "ce-type", "com.example.thing",
              "ce-key", "event");
      List<String> outcomes = Collections.synchronizedList(new ArrayList<>());
      AtomicInteger unknown = new AtomicInteger();

      Concurrently.run(6, thread -> outcomes.add(delivered(thread % 3, event, unknown)));

      assertThat(outcomes).hasSize(6).containsOnly("applied", "duplicate").contains("duplicate");
      assertThat(Collections.frequency(outcomes, "applied"))
          .as("of which %s were not known of at first", unknown)
          .isBetween(unknown.get() == 0 ? 1 : 0, 1);
    }
  }

  /**
   * Delivers it as a broker does: again, where it is not told whether the event was applied. That
   * may be while entries still move between instances that have just started.
   */
  private static String delivered(int instance, Map<String, String> event, AtomicInteger unknown)
      throws IOException, InterruptedException {
    while (true) {
      HttpResponse<String> answer = send(instance, "POST", "/put", "value", event);
      if (answer.statusCode() != 503 || !answer.body().contains("\"maybeDone\":true")) {
        return answer
            .headers()
            .firstValue("KV-Event")
            .orElseGet(() -> answer.statusCode() + " " + answer.body());
      }
      unknown.incrementAndGet();
    }
  }

  @Test
  void aFullGrid_refusesWrites_andTakesThemAgainOnceThereIsRoom() throws Exception {
    String value = "x".repeat(100_000);
    List<String> written = new ArrayList<>();
    HttpResponse<String> answer;
    do {
      String key = "/kv/full/" + written.size();
      answer = send(written.size() % 3, "PUT", key, value);
      if (answer.statusCode() == 201) {
        written.add(key);
      }
    } while (answer.statusCode() == 201);

    assertThat(answer.statusCode()).isEqualTo(507);
    assertThat(answer.body()).contains("of 4,194,304 bytes (kv.limits.memory)");
    // Each of three instances has 4 MiB, and there are two copies of everything.
    assertThat(written).hasSizeBetween(30, 62);
    for (String key : written) {
      assertThat(send(0, "GET", key, "").body()).isEqualTo(value);
      assertThat(send(1, "DELETE", key, "").statusCode()).isEqualTo(204);
    }
    Await.until("room", () -> isWritten("/kv/full/again", value));
    assertThat(send(2, "DELETE", "/kv/full/again", "").statusCode()).isEqualTo(204);
  }

  private static boolean isWritten(String key, String value) {
    try {
      return send(0, "PUT", key, value).statusCode() == 201;
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatExpires_givesItsMemoryBack_whereverItIs() throws Exception {
    for (int i = 0; i < 50; i++) {
      Map<String, String> ttl = Map.of("KV-TTL", "10");
      assertThat(send(i % 3, "PUT", "/kv/short/" + i, "v", ttl).statusCode()).isEqualTo(201);
    }
    grid.clock().orElseThrow().accept(java.time.Duration.ofSeconds(11));

    assertThat(send(0, "GET", "/kv/short/1", "").statusCode()).isEqualTo(404);
    assertThat(send(1, "GET", "/kv?prefix=short/", "").body()).isEqualTo("{\"entries\":[]}");
    Await.until(
        "swept", () -> IntStream.range(0, 3).mapToLong(i -> entriesHeld(i, "short/")).sum() == 0);
  }

  /** How many entries an instance keeps as the primary, expired ones too. */
  private static long entriesHeld(int instance, String prefix) {
    GridEntries entries =
        (GridEntries) grid.servers().get(instance).context().getBean(Grid.class).entries();
    return entries.keysHeld().filter(key -> key.startsWith(prefix)).count();
  }

  @Test
  void theMemberPort_answersNeitherClientsNorBrowsers() throws Exception {
    for (String hello : new String[] {"CP2", "GET / HTTP/1.1\r\nHost: kv\r\n\r\n", "stats\r\n"}) {
      int port = grid.servers().getFirst().context().getBean(KvSettings.class).grid().port();
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write((hello + "\0".repeat(64)).getBytes(UTF_8));
        assertThat(readAll(socket)).as(hello).doesNotContain("200").hasSizeLessThan(4);
      }
    }
    assertThat(send(0, "GET", "/readyz", "").statusCode()).isEqualTo(200);
  }

  private static String readAll(Socket socket) {
    try {
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    } catch (IOException reset) {
      return "";
    }
  }

  @Test
  void whoRunsIt_isToldHowTheGridStands() throws Exception {
    for (TestServer server : grid.servers()) {
      assertThat(management(server, "/actuator/grid"))
          .startsWith(
              "{\"ready\":true,\"instances\":3,\"members\":3,\"counted\":3,\"present\":3,\"heard\":");
      assertThat(management(server, "/actuator/prometheus"))
          .contains(
              "kv_grid_members 3.0", "kv_grid_quorum 1.0", "kv_grid_partitions_lost_total 0.0")
          .contains("kv_grid_safe ", "kv_grid_backup_lag_seconds ", "kv_grid_migrations_total ");
    }
  }
}
