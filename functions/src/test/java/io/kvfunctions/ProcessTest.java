package io.kvfunctions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.http.RawAnswer;
import io.kvfunctions.http.RawClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What those who run the application see of its process: what it prints, and how it ends. */
class ProcessTest {
  /** In every key, every value, and everywhere else where a client puts something. */
  private static final String SECRET = "s3cr3t";

  @Test
  void process_saysWhatIsSetAndNothingOfEntries_andEndsWith0() throws Exception {
    try (ApplicationProcess process = new ApplicationProcess("--kv.limits.value=2KB")) {
      JsonNode ready = process.ready();
      int port = ready.at("/server/port").asInt();
      int management = ready.at("/management/server/port").asInt();
      assertThat(ready.get("message").asString())
          .matches(
              "ready after [0-9.]+ s: version [0-9a-zA-Z.-]+, port %d, management port %d, entries may hold [0-9,]+ bytes"
                  .formatted(port, management));
      assertThat(ready.at("/kv/limits/key").asString()).isEqualTo("1KB");
      assertThat(ready.at("/kv/limits/value").asString()).isEqualTo("2KB");
      assertThat(ready.at("/kv/limits/memory").asString()).isEqualTo("50%");
      assertThat(ready.at("/kv/http/read-timeout").asString()).isEqualTo("30s");
      assertThat(ready.at("/kv/expiry/batch").asString()).isEqualTo("1000");
      assertThat(ready.at("/memory/budget").longValue())
          .isEqualTo(ready.at("/memory/heap").longValue() / 100 * 50);
      assertThat(process.lines()).as("one line at the start").hasSize(1);

      useWith(port, management);

      process.terminate();
      assertThat(process.status()).isEqualTo(0);
      assertThat(process.lines())
          .hasSize(2)
          .noneMatch(line -> line.contains(SECRET))
          .allSatisfy(
              line -> {
                JsonNode json = JsonMapper.shared().readTree(line);
                assertThat(json.at("/log/level").asString()).isEqualTo("INFO");
                assertThat(json.at("/@timestamp").asString()).isNotBlank();
                assertThat(json.at("/message").asString()).isNotBlank();
              });
      assertThat(process.lines().getLast()).contains("\"stopping, 0 requests in flight\"");
    }
  }

  private static void useWith(int port, int management) throws IOException {
    List<String> wellFormed =
        List.of(
            request("PUT /kv/SECRET", "SECRET"),
            request("PUT /kv/SECRET", "SECRET", "If-None-Match: *"),
            request("PUT /kv/SECRET", "SECRET".repeat(1_000)),
            request("PUT /kv/SECRET", "SECRET", "KV-TTL: SECRET"),
            request("PUT /kv/SECRET", "SECRET", "If-Match: SECRET"),
            request("PUT /kv/SECRET", "SECRET", "Content-Encoding: SECRET"),
            request("PUT /kv/SECRET%FF", "SECRET"),
            request("PUT /kv/SECRET" + "x".repeat(2_000), "SECRET"),
            request("GET /kv/SECRET", ""),
            request("GET /kv/SECRET?SECRET=SECRET", ""),
            request("GET /kv?SECRET=SECRET", ""),
            request("GET /kv?prefix=SECRET&values=true", ""),
            request("GET /kv?prefix=SECRET", "", "Accept: application/x-ndjson"),
            request("GET /SECRET", ""),
            request("GET /actuator/SECRET", ""),
            request("SECRET /kv/SECRET", ""),
            request("POST /get", "SECRET", "Content-Type: text/plain"),
            request(
                "POST /put", "{\"key\":\"SECRET\",\"value\":", "Content-Type: application/json"),
            request(
                "POST /put", "{\"key\":\"SECRET\",\"SECRET\":1}", "Content-Type: application/json"),
            request(
                "POST /put", "[{\"key\":\"SECRET\"},\"SECRET\"]", "Content-Type: application/json"),
            request("POST /put", "{\"SECRET\n{}\n", "Content-Type: application/x-ndjson"),
            request("POST /put", "SECRET", "Content-Type: SECRET/SECRET"),
            request("DELETE /kv/SECRET", ""));
    try (RawClient client = new RawClient("127.0.0.1", port)) {
      for (String request : wellFormed) {
        client.send(request.replace("SECRET", SECRET).getBytes(UTF_8));
        assertThat(client.receive(false).status()).as(request).isBetween(200, 499);
      }
    }
    List<String> malformed =
        List.of(
            "SECRET\r\n\r\n",
            "GET /kv/SECRET HTTP/7.7\r\nHost: SECRET\r\n\r\n",
            "GET /kv/SECRET HTTP/1.1\r\nHost : SECRET\r\n\r\n",
            "GET /kv/SECRET HTTP/1.1\r\nSECRET\r\n\r\n",
            "GET /kv/SECRET HTTP/1.1\r\nHost: kv\r\nSECRET: " + "x".repeat(20_000) + "\r\n\r\n",
            "GET /kv/SECRET" + "x".repeat(20_000) + " HTTP/1.1\r\nHost: kv\r\n\r\n",
            "PUT /kv/SECRET HTTP/1.1\r\nHost: kv\r\nContent-Length: SECRET\r\n\r\nSECRET",
            "PUT /kv/SECRET HTTP/1.1\r\nHost: kv\r\nTransfer-Encoding: chunked\r\n\r\nSECRET\r\n");
    for (String request : malformed) {
      try (RawClient client = new RawClient("127.0.0.1", port)) {
        client.send(request.replace("SECRET", SECRET).getBytes(UTF_8));
        assertThat(client.receive(false).status()).as(request).isBetween(400, 499);
      }
    }
    try (RawClient client = new RawClient("127.0.0.1", port)) { // and one that breaks off
      client.send(
          "PUT /kv/SECRET HTTP/1.1\r\nHost: kv\r\nContent-Length: 100\r\n\r\nSECRET"
              .replace("SECRET", SECRET)
              .getBytes(UTF_8));
      client.hangUp();
    }
    for (String path : List.of("/kv/SECRET", "/SECRET", "/actuator/health/SECRET")) {
      try (RawClient client = new RawClient("127.0.0.1", management)) {
        client.send(request("GET " + path, "").replace("SECRET", SECRET).getBytes(UTF_8));
        assertThat(client.receive(false).status()).isEqualTo(404);
      }
    }
  }

  private static String request(String line, String body, String... fields) {
    String sent = body.replace("SECRET", SECRET);
    StringBuilder request = new StringBuilder(line).append(" HTTP/1.1\r\nHost: kv\r\n");
    for (String field : fields) {
      request.append(field).append("\r\n");
    }
    if (!sent.isEmpty()) {
      request.append("Content-Length: ").append(sent.getBytes(UTF_8).length).append("\r\n");
    }
    return request.append("\r\n").append(sent).toString();
  }

  @Test
  void portThatIsTaken_endsTheStartWith1() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("0.0.0.0"));
        ApplicationProcess process =
            new ApplicationProcess("--server.port=" + taken.getLocalPort())) {
      assertThat(process.status()).isEqualTo(1);
      assertThat(process.lines())
          .anyMatch(
              line -> line.contains("Port %d was already in use".formatted(taken.getLocalPort())));
    }
  }

  /** 0 would say that all was well. */
  @Test
  void requestLeftUnanswered_showsInTheStatus() throws Exception {
    try (ApplicationProcess process = new ApplicationProcess("--kv.http.drain-timeout=50ms")) {
      int port = process.ready().at("/server/port").asInt();
      try (RawClient client = new RawClient("127.0.0.1", port)) {
        client.send(
            "PUT /kv/a HTTP/1.1\r\nHost: kv\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
                .getBytes(UTF_8));
        RawAnswer interim = client.receive(false);
        assertThat(interim.status()).isEqualTo(100);

        process.terminate();
        assertThat(process.status()).isEqualTo(128 + 15);
        assertThat(process.lines().getLast())
            .contains("stopping with 1 requests unanswered")
            .contains("kv.http.drain-timeout");
      }
    }
  }
}
