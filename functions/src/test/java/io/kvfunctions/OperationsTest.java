package io.kvfunctions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.http.RawAnswer;
import io.kvfunctions.http.RawClient;
import io.kvfunctions.http.TestServer;
import io.kvfunctions.store.Store;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the store says of itself to those who run it. */
@Timeout(120) // for what would wait in vain
class OperationsTest {
  private static final String JSON = "Content-Type: application/json";
  private static final String NDJSON = "Content-Type: application/x-ndjson";

  @Test
  void metrics_countWhatWasDone() throws IOException {
    try (TestServer server =
            TestServer.start(
                Map.of(
                    "kv.http.connections", "2",
                    "kv.limits.memory", "5KB",
                    "kv.limits.buffers", "160KB",
                    "kv.expiry.interval", "1h"));
        RawClient client = new RawClient("127.0.0.1", server.port());
        RawClient second = new RawClient("127.0.0.1", server.port())) {
      String etag = ask(client, 201, "PUT /kv/a", "1").values("ETag").getFirst();
      ask(client, 204, "PUT /kv/a", "2");
      ask(client, 412, "PUT /kv/a", "3", "If-None-Match: *");
      ask(client, 400, "PUT /kv/a", "3", "KV-TTL: soon");
      ask(client, 201, "PUT /kv/big", "x".repeat(3_000));
      ask(client, 507, "PUT /kv/bigger", "x".repeat(3_000));
      ask(client, 201, "PUT /kv/brief", "4", "KV-TTL: 1");
      ask(client, 200, "GET /kv/a", "");
      ask(client, 200, "GET /kv/a", "", "If-None-Match: " + etag);
      ask(client, 200, "HEAD /kv/a", "");
      ask(client, 304, "GET /kv/a", "", "If-None-Match: *");
      ask(client, 404, "GET /kv/none", "");
      ask(client, 204, "DELETE /kv/none", "");
      ask(client, 412, "DELETE /kv/a", "", "If-Match: " + etag);
      ask(client, 200, "GET /kv", "");
      ask(client, 200, "GET /kv", "", "Accept: application/x-ndjson");
      ask(client, 400, "GET /kv?limit=0", "");
      ask(client, 200, "GET /get/a", "");
      ask(client, 200, "POST /get", "{\"key\":\"a\"}", JSON);
      ask(client, 404, "POST /get", "none", "Content-Type: text/plain");
      ask(client, 201, "POST /put", "{\"key\":\"b\",\"value\":1}", JSON);
      ask(client, 200, "POST /put", "[{\"key\":\"c\",\"value\":1},{}]", JSON);
      ask(client, 200, "POST /put", "{\"key\":\"d\",\"value\":1}\n{}\n", NDJSON);
      ask(client, 400, "POST /put", "{", JSON);
      ask(client, 200, "POST /delete", "{\"key\":\"b\"}", JSON);
      ask(client, 415, "POST /delete", "b");
      ask(client, 204, "OPTIONS /kv/a", "");
      ask(client, 405, "PATCH /kv/a", "");
      ask(client, 404, "GET /nothing", "");
      ask(client, 200, "GET /livez", "");
      server.clock().move(Duration.ofSeconds(2));
      server.context().getBean(Store.class).sweep(10);

      ask(second, 200, "GET /kv/a", "");
      assertThat(metrics(server)).containsEntry("kv_connections", 2.0);
      try (RawClient third = new RawClient("127.0.0.1", server.port())) {
        assertThat(third.receive(false).status()).isEqualTo(503);
      }
      second.send("this is not HTTP\r\n\r\n".getBytes(UTF_8));
      assertThat(second.receive(false).status()).isEqualTo(400);
      ask(client, 503, "PUT /kv/a", "x".repeat(400_000)); // more than kv.limits.buffers

      Map<String, Double> metrics = metrics(server);
      Map<String, Integer> requests = new TreeMap<>();
      requests.put("put rest ok", 4);
      requests.put("put rest precondition-failed", 1);
      requests.put("put rest ttl-invalid", 1);
      requests.put("put rest store-full", 1);
      requests.put("put rest unavailable", 1);
      requests.put("get rest ok", 4);
      requests.put("get rest not-modified", 1);
      requests.put("get rest not-found", 1);
      requests.put("delete rest ok", 1);
      requests.put("delete rest precondition-failed", 1);
      requests.put("list rest ok", 2);
      requests.put("list rest parameter-invalid", 1);
      requests.put("get invocation ok", 2);
      requests.put("get invocation not-found", 1);
      requests.put("put invocation ok", 3);
      requests.put("put invocation body-invalid", 1);
      requests.put("delete invocation ok", 1);
      requests.put("delete invocation unsupported-media-type", 1);
      requests.put("put event ok", 0);
      requests.put("delete event ok", 0);
      requests.put("none none ok", 2);
      requests.put("none none method-not-allowed", 1);
      requests.put("none none not-found", 1);
      requests.put("none none unavailable", 1);
      requests.put("none none request-invalid", 1);
      assertThat(requests(metrics)).isEqualTo(requests);
      assertThat(metrics)
          .containsEntry("kv_entries", 4.0) // a, big, c, d
          .containsEntry("kv_memory_budget_bytes", 5_120.0)
          .containsEntry("kv_expired_total", 1.0)
          .containsEntry("kv_refused_total{reason=\"store-full\"}", 1.0)
          .containsEntry("kv_refused_total{reason=\"connections\"}", 1.0)
          .containsEntry("kv_refused_total{reason=\"buffers\"}", 1.0)
          .containsEntry("kv_buffered_bytes", 0.0);
      assertThat(metrics.get("kv_memory_used_bytes")).isBetween(3_100.0, 5_120.0);
    }
  }

  @Test
  void metrics_countEvents() throws IOException {
    try (TestServer server = TestServer.start(Map.of());
        RawClient client = new RawClient("127.0.0.1", server.port())) {
      String[] event = {
        "ce-specversion: 1.0",
        "ce-id: 1",
        "ce-source: /s",
        "ce-type: t",
        "ce-key: a",
        "ce-time: 2025-12-31T23:59:00.25Z" // a minute before the clock of the server
      };
      String json =
          "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/s\",\"type\":\"%s\",\"key\":\"a\"%s}";
      String structured = "Content-Type: application/cloudevents+json";
      String batched = "Content-Type: application/cloudevents-batch+json";
      ask(client, 204, "POST /put", "1", event);
      ask(client, 204, "POST /put", "1", event);
      ask(client, 400, "POST /put", "1", "ce-id: 1");
      try (RawClient tooMuch = new RawClient("127.0.0.1", server.port())) {
        ask(tooMuch, 413, "POST /put", "x".repeat(1_048_577), event);
      }
      ask(client, 204, "POST /put", json.formatted("2", "dev.knative.kafka.event", ""), structured);
      ask(client, 400, "POST /delete", "[]", structured);
      ask(client, 415, "POST /delete", "[]", structured.replace("json", "avro"));
      String late = ",\"time\":\"2025-12-31T23:58:00Z\"";
      String command = json.formatted("4", "io.kvfunctions.put", "");
      ask(
          client,
          400,
          "POST /delete",
          "[" + json.formatted("3", "t", late) + "," + command + "]",
          batched);

      Map<String, Double> metrics = metrics(server);
      Map<String, Integer> requests = new TreeMap<>();
      requests.put("put event ok", 3);
      requests.put("put event event-invalid", 1);
      requests.put("put event value-too-large", 1);
      requests.put("delete event body-invalid", 1);
      requests.put("delete event unsupported-media-type", 1);
      requests.put("delete event event-invalid", 1);
      assertThat(requests(metrics)).containsAllEntriesOf(requests);
      Map<String, Integer> events = new TreeMap<>();
      events.put("binary state applied", 1);
      events.put("binary state duplicate", 1);
      events.put("binary state failed", 2);
      events.put("structured tombstone applied", 1);
      events.put("structured state failed", 1);
      events.put("batched state stale", 1);
      events.put("batched command failed", 1);
      assertThat(events(metrics)).isEqualTo(events);
      assertThat(metrics)
          .containsEntry("kv_events_newest_age_seconds", 60.0)
          .containsEntry("kv_entries", 0.0)
          .containsEntry("kv_tombstones", 1.0);
    }
  }

  /** How many events, by "mode kind result", those of which there are none left out. */
  private static Map<String, Integer> events(Map<String, Double> metrics) {
    Pattern series =
        Pattern.compile("kv_events_total\\{kind=\"(.*)\",mode=\"(.*)\",result=\"(.*)\"}");
    Map<String, Integer> events = new TreeMap<>();
    metrics.forEach(
        (name, value) -> {
          Matcher matcher = series.matcher(name);
          if (matcher.matches() && value > 0) {
            events.put(
                matcher.group(2) + " " + matcher.group(1) + " " + matcher.group(3),
                value.intValue());
          }
        });
    return events;
  }

  /** Once it was counted as aborted, as if the client had gone. */
  @Test
  void streamThatFailsHere_isCountedAsWhatItWas() throws IOException {
    try (TestServer server = TestServer.start(Map.of());
        RawClient client = new RawClient("127.0.0.1", server.port())) {
      String head =
          "POST /put HTTP/1.1\r\nHost: kv\r\nTransfer-Encoding: chunked\r\n" + NDJSON + "\r\n\r\n";
      String line = "{\"key\":\"a\",\"value\":1}\n";
      client.send((head + "16\r\n" + line + "\r\n").getBytes(UTF_8));
      assertThat(client.receiveTo("}\n")).contains("\"created\":true");
      client.send("no chunk\r\n".getBytes(UTF_8));
      assertThat(new String(client.rest(), UTF_8)).doesNotContain("0\r\n"); // the last chunk
      Map<String, Integer> requests;
      do { // the end of a connection is seen on either side at about the same time
        requests = requests(metrics(server));
      } while (!requests.keySet().stream().anyMatch(name -> name.matches("put invocation [^o].*")));
      assertThat(requests).containsEntry("put invocation request-invalid", 1);
    }
  }

  /** An answer on a connection that stays open, unless it is one of those that end it. */
  private static RawAnswer ask(
      RawClient client, int status, String line, String body, String... fields) throws IOException {
    StringBuilder request = new StringBuilder(line).append(" HTTP/1.1\r\nHost: kv\r\n");
    for (String field : fields) {
      request.append(field).append("\r\n");
    }
    if (!body.isEmpty()) {
      request.append("Content-Length: ").append(body.length()).append("\r\n");
    }
    client.send(request.append("\r\n").append(body).toString().getBytes(UTF_8));
    RawAnswer answer = client.receive(line.startsWith("HEAD"));
    assertThat(answer.status()).as(line).isEqualTo(status);
    return answer;
  }

  @Test
  void metrics_haveTheirNamesAndTagsFromTheStart() throws IOException {
    try (TestServer server = TestServer.start(Map.of())) {
      String text = management(server, "/actuator/prometheus").text();
      Map<String, String> types = new TreeMap<>();
      Matcher type = Pattern.compile("(?m)^# TYPE (kv_\\S+) (\\S+)$").matcher(text);
      while (type.find()) {
        types.put(type.group(1), type.group(2));
        assertThat(text).containsPattern("(?m)^# HELP " + type.group(1) + " \\S");
      }
      Map<String, String> expected = new TreeMap<>();
      expected.put("kv_build_info", "gauge");
      expected.put("kv_buffered_bytes", "gauge");
      expected.put("kv_connections", "gauge");
      expected.put("kv_entries", "gauge");
      expected.put("kv_tombstones", "gauge");
      expected.put("kv_events_newest_age_seconds", "gauge");
      expected.put("kv_events_total", "counter");
      expected.put("kv_expired_total", "counter");
      expected.put("kv_memory_budget_bytes", "gauge");
      expected.put("kv_memory_used_bytes", "gauge");
      expected.put("kv_refused_total", "counter");
      expected.put("kv_requests_seconds", "histogram");
      expected.put("kv_requests_seconds_max", "gauge");
      assertThat(types).isEqualTo(expected);
      String readme = Files.readString(Path.of("..", "README.md"));
      expected.remove("kv_requests_seconds_max"); // comes with the histogram
      assertThat(expected.keySet())
          .allSatisfy(name -> assertThat(readme).contains("`" + name + "`"));

      Map<String, Double> metrics = metrics(server);
      assertThat(requests(metrics))
          .isEqualTo(
              new TreeMap<>(
                  Map.of(
                      "get rest ok", 0,
                      "put rest ok", 0,
                      "delete rest ok", 0,
                      "list rest ok", 0,
                      "get invocation ok", 0,
                      "put invocation ok", 0,
                      "delete invocation ok", 0,
                      "put event ok", 0,
                      "delete event ok", 0,
                      "none none ok", 0)));
      assertThat(
              metrics.keySet().stream().filter(name -> name.startsWith("kv_events_total{")).count())
          .isEqualTo(3 * 3 * 4);
      assertThat(metrics.get("kv_events_newest_age_seconds")).isNaN();
      assertThat(
              metrics.keySet().stream()
                  .filter(name -> name.startsWith("kv_requests_seconds_bucket"))
                  .filter(name -> name.contains("function=\"put\",outcome=\"ok\",way=\"rest\""))
                  .map(name -> name.replaceAll(".*le=\"([^\"]*)\".*", "$1")))
          .containsExactly(
              "5.0E-5", "1.0E-4", "2.5E-4", "5.0E-4", "0.001", "0.002", "0.005", "0.01", "0.025",
              "0.05", "0.1", "0.5", "1.0", "10.0", "+Inf");
      // What WebFlux would count are the probes alone.
      assertThat(text).doesNotContain("http_server_requests");

      JsonNode build =
          JsonMapper.shared().readTree(management(server, "/actuator/info").text()).get("build");
      assertThat(build.get("artifact").asString()).isEqualTo("kv-functions");
      assertThat(metrics)
          .containsEntry(
              "kv_build_info{version=\"%s\"}".formatted(build.get("version").asString()), 1.0);
    }
  }

  @Test
  void eachPort_servesItsOwn() throws IOException {
    try (TestServer server = TestServer.start(Map.of())) {
      assertThat(management(server, "/actuator/health").text())
          .isEqualTo("{\"groups\":[\"liveness\",\"readiness\"],\"status\":\"UP\"}");
      assertThat(management(server, "/actuator/info").status()).isEqualTo(200);
      for (String path :
          new String[] {"/kv", "/kv/a", "/get/a", "/put", "/actuator/env", "/actuator/beans"}) {
        assertThat(management(server, path).status()).as(path).isEqualTo(404);
      }
      try (RawClient client = new RawClient("127.0.0.1", server.managementPort())) {
        ask(client, 404, "PUT /kv/a", "1");
        ask(client, 404, "POST /put", "{\"key\":\"a\",\"value\":1}", JSON);
      }
      try (RawClient client = new RawClient("127.0.0.1", server.port())) {
        ask(client, 404, "GET /kv/a", "");
        for (String path : new String[] {"/livez", "/readyz"}) {
          assertThat(ask(client, 200, "GET " + path, "").text())
              .as(path)
              .isEqualTo("{\"status\":\"UP\"}");
        }
        for (String path :
            new String[] {
              "/actuator",
              "/actuator/health",
              "/actuator/info",
              "/actuator/prometheus",
              "/livez/",
              "//livez",
              "/health"
            }) {
          assertThat(ask(client, 404, "GET " + path, "").text())
              .as(path)
              .contains("urn:kvfunctions:problem:not-found");
        }
      }
    }
  }

  @Test
  void whileStopping_isAliveAndNotReady_andAnswersWhatIsInFlight() throws Exception {
    TestServer server = TestServer.start(Map.of());
    try (RawClient client = new RawClient("127.0.0.1", server.port())) {
      client.send(
          "PUT /kv/a HTTP/1.1\r\nHost: kv\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
              .getBytes(UTF_8));
      assertThat(client.receive(false).status()).isEqualTo(100);

      int port = server.port();
      CompletableFuture<Void> stopped = CompletableFuture.runAsync(server::close);
      String readiness;
      do {
        readiness = probeOrClosed(port);
      } while (readiness.equals("{\"status\":\"UP\"}") || readiness.isEmpty());
      assertThat(readiness).isEqualTo("{\"status\":\"OUT_OF_SERVICE\"}");
      assertThat(probe(port, "/livez")).isEqualTo("{\"status\":\"UP\"}");

      client.send("hello".getBytes(UTF_8));
      RawAnswer answer = client.receive(false);
      assertThat(answer.status()).isEqualTo(201);
      assertThat(answer.values("Connection")).containsExactly("close");
      stopped.join();
    }
  }

  /**
   * Nothing, where the stop began between the connection and its request, and closed it as idle.
   */
  private static String probeOrClosed(int port) throws IOException {
    try {
      return probe(port, "/readyz");
    } catch (EOFException closed) {
      return "";
    }
  }

  private static String probe(int port, String path) throws IOException {
    try (RawClient probe = new RawClient("127.0.0.1", port)) {
      probe.send(("GET " + path + " HTTP/1.1\r\nHost: kv\r\n\r\n").getBytes(UTF_8));
      return probe.receive(false).text();
    }
  }

  private static RawAnswer management(TestServer server, String path) throws IOException {
    try (RawClient client = new RawClient("127.0.0.1", server.managementPort())) {
      client.send(
          ("GET " + path + " HTTP/1.1\r\nHost: kv\r\nConnection: close\r\n\r\n").getBytes(UTF_8));
      return client.receive(false);
    }
  }

  /** Every series of ours, by its name and tags. */
  private static Map<String, Double> metrics(TestServer server) throws IOException {
    return management(server, "/actuator/prometheus")
        .text()
        .lines()
        .filter(line -> line.startsWith("kv_"))
        .map(line -> line.split(" (?=[^ ]*$)", 2))
        .collect(
            Collectors.toMap(
                part -> part[0], part -> Double.valueOf(part[1]), (a, b) -> a, LinkedHashMap::new));
  }

  /** How many requests, by "function way outcome". */
  private static Map<String, Integer> requests(Map<String, Double> metrics) {
    Pattern series =
        Pattern.compile(
            "kv_requests_seconds_count\\{function=\"(.*)\",outcome=\"(.*)\",way=\"(.*)\"}");
    Map<String, Integer> requests = new TreeMap<>();
    metrics.forEach(
        (name, value) -> {
          Matcher matcher = series.matcher(name);
          if (matcher.matches()) {
            requests.put(
                matcher.group(1) + " " + matcher.group(3) + " " + matcher.group(2),
                value.intValue());
          }
        });
    return requests;
  }
}
