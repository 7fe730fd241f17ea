package io.kvfunctions.http;

import static io.kvfunctions.http.Requests.JSON;
import static io.kvfunctions.http.Requests.NDJSON;
import static io.kvfunctions.http.Requests.WANTS_LINES;
import static io.kvfunctions.http.Requests.get;
import static io.kvfunctions.http.Requests.post;
import static io.kvfunctions.http.Requests.put;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.store.Entries;
import io.kvfunctions.store.UnavailableEntries;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a client hears where the entries cannot be had. */
class UnavailableTest {
  private static final String PROBLEM =
      "{\"type\":\"urn:kvfunctions:problem:unavailable\",\"title\":\"Not available right now\",\"status\":503,"
          + "\"detail\":\"2 of 3 instances are gone";
  private static final String READ = PROBLEM + "\"}";
  private static final String WRITTEN =
      PROBLEM
          + "; the write may or may not have been done: read the key again, or write under a condition\","
          + "\"maybeDone\":true";

  private static TestServer server;
  private static UnavailableEntries entries;
  private RawClient client;

  @BeforeAll
  static void start() {
    server = TestServer.start(Map.of(), UnavailableTest::wrapped);
  }

  private static Entries wrapped(Entries inner) {
    entries = new UnavailableEntries(inner);
    return entries;
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void connect() throws IOException {
    client = new RawClient("127.0.0.1", server.port());
  }

  @AfterEach
  void disconnect() throws IOException {
    client.close();
    entries.after(Integer.MAX_VALUE);
  }

  private RawAnswer send(byte[] request) throws IOException {
    client.send(request);
    return client.receive(false);
  }

  private void isUnavailable(byte[] request, String body) throws IOException {
    RawAnswer answer = send(request);
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.values("Retry-After")).containsExactly("1");
    assertThat(answer.text()).isEqualTo(body);
  }

  @Test
  void aRead_is503() throws IOException {
    entries.after(0);
    isUnavailable(get("/kv/a"), READ);
    isUnavailable(get("/get/a"), READ);
    isUnavailable(post("/get", JSON, "\"a\""), READ);
    isUnavailable(get("/kv"), READ);
    isUnavailable(get("/kv", WANTS_LINES), READ);
  }

  @Test
  void aWrite_is503_andMayHaveBeenDone() throws IOException {
    entries.after(0);
    isUnavailable(put("a", "1"), WRITTEN + "}");
    isUnavailable(Requests.of("DELETE /kv/a", null), WRITTEN + "}");
    isUnavailable(post("/put", JSON, "{\"key\":\"a\",\"value\":1}"), WRITTEN + "}");
    isUnavailable(post("/delete", JSON, "\"a\""), WRITTEN + "}");
  }

  @Test
  void aBatch_tellsItOfEachCall() throws IOException {
    entries.after(0);
    RawAnswer array =
        send(post("/put", JSON, "[{\"key\":\"a\",\"value\":1},{\"key\":\"\",\"value\":1}]"));
    assertThat(array.status()).isEqualTo(200);
    assertThat(array.text())
        .startsWith("[" + WRITTEN + ",\"key\":\"a\"},")
        .contains("problem:key-empty");
    RawAnswer lines = send(post("/delete", NDJSON, "\"a\"\n\"b\"\n"));
    assertThat(lines.text())
        .isEqualTo(
            WRITTEN + ",\"key\":\"a\",\"line\":1}\n" + WRITTEN + ",\"key\":\"b\",\"line\":2}\n");
  }

  /** A broker delivers again what was 503: it is a duplicate then, or is applied. */
  @Test
  void anEvent_is503() throws IOException {
    entries.after(0);
    String event =
        "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"key\":\"a\",\"data\":1}";
    isUnavailable(post("/put", "Content-Type: application/cloudevents+json", event), WRITTEN + "}");
    RawAnswer batch =
        send(
            post(
                "/put",
                "Content-Type: application/cloudevents-batch+json",
                "[" + event + "," + event.replace("\"1\"", "\"2\"") + "]"));
    assertThat(batch.status()).isEqualTo(503);
    assertThat(batch.values("Retry-After")).containsExactly("1");
    assertThat(batch.text()).contains("2 of 2 events failed").contains("\"maybeDone\":true");
  }

  @Test
  void anExportThatHasBegun_breaksOff() throws IOException {
    String large = "x".repeat(100_000);
    for (int i = 0; i < 20; i++) {
      assertThat(send(put("large" + i, large)).status()).isEqualTo(201);
    }
    entries.after(15);
    client.send(get("/kv", WANTS_LINES));
    String rest = new String(client.rest(), UTF_8);
    assertThat(rest).startsWith("HTTP/1.1 200 OK").doesNotEndWith("0\r\n\r\n");
    assertThat(rest.split("\"etag\"", -1)).hasSizeLessThan(16);
  }
}
