package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.format.EventFormat;
import io.cloudevents.core.message.MessageWriter;
import io.cloudevents.http.HttpMessageFactory;
import io.cloudevents.jackson.JsonCloudEventData;
import io.cloudevents.jackson.JsonFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Events as the CloudEvents SDK for Java writes them, sent by the JDK's own HTTP client. */
class SdkInteropTest {
  private static final EventFormat JSON = new JsonFormat();
  private static final AtomicInteger IDS = new AtomicInteger();

  private static TestServer server;
  private static HttpClient client;

  enum Mode {
    BINARY,
    STRUCTURED,
    BATCHED
  }

  @BeforeAll
  static void start() {
    server = TestServer.start(Map.of());
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  private static CloudEventBuilder event(String key) {
    return CloudEventBuilder.v1()
        .withId("id-" + IDS.incrementAndGet())
        .withSource(URI.create("https://example.com/orders?shop=1"))
        .withType("com.example.order.changed")
        .withSubject(key);
  }

  private static HttpResponse<String> send(Mode mode, String path, CloudEvent... events)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
    MessageWriter<?, ?> writer =
        HttpMessageFactory.createWriter(
            request::header,
            body ->
                request.POST(
                    body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body)));
    switch (mode) {
      case BINARY -> writer.writeBinary(events[0]);
      case STRUCTURED -> writer.writeStructured(events[0], JSON);
      case BATCHED -> // which the SDK does not know: its events, in an array
          request
              .header("Content-Type", "application/cloudevents-batch+json")
              .POST(BodyPublishers.ofByteArray(batch(events)));
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private static byte[] batch(CloudEvent... events) {
    ByteArrayOutputStream batch = new ByteArrayOutputStream();
    batch.write('[');
    for (CloudEvent event : events) {
      if (batch.size() > 1) {
        batch.write(',');
      }
      batch.writeBytes(JSON.serialize(event));
    }
    batch.write(']');
    return batch.toByteArray();
  }

  private static void assertDone(HttpResponse<String> answer, String word) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(204);
    assertThat(answer.headers().allValues("KV-Event")).containsExactly(word);
    assertThat(answer.body()).isEmpty();
    // Which the SDK would read an event from.
    assertThat(answer.headers().map().keySet()).noneMatch(name -> name.startsWith("ce-"));
  }

  private static HttpResponse<String> read(String key) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + server.port() + "/kv/" + key);
    return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString(UTF_8));
  }

  private static void assertStored(String key, String contentType, String value)
      throws IOException, InterruptedException {
    HttpResponse<String> answer = read(key);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(value);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue(contentType);
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void bytes_areStoredWithTheirType(Mode mode) throws Exception {
    String key = "bytes-" + mode;
    CloudEvent event =
        event(key).withData("application/xml", "<größe unit=\"m\"/>".getBytes(UTF_8)).build();

    assertDone(send(mode, "/put", event), "applied");
    assertStored(key, "application/xml", "<größe unit=\"m\"/>");
    assertDone(send(mode, "/put", event), "duplicate");
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void json_isStoredAsTheSdkWritesIt(Mode mode) throws Exception {
    String key = "json-" + mode;
    CloudEvent event =
        event(key)
            .withData(
                "application/json",
                JsonCloudEventData.wrap(
                    com.fasterxml.jackson.databind.node.JsonNodeFactory.instance
                        .objectNode()
                        .put("a", 1)
                        .put("b", "ü")))
            .build();

    assertDone(send(mode, "/put", event), "applied");
    assertStored(key, "application/json", "{\"a\":1,\"b\":\"ü\"}");
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void anEventWithoutData_isAnEmptyValue(Mode mode) throws Exception {
    String key = "none-" + mode;

    assertDone(send(mode, "/put", event(key).build()), "applied");
    assertStored(key, "application/octet-stream", "");
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void extensionsOfEveryType_areUnderstood(Mode mode) throws Exception {
    String key = "extensions-" + mode;
    CloudEvent event =
        event("not-" + key)
            .withExtension("key", key)
            .withExtension("kvttl", 60)
            .withExtension("urgent", true)
            .withExtension("link", URI.create("https://example.com/a"))
            .withExtension("seen", OffsetDateTime.parse("2026-01-01T00:00:00+01:00"))
            .withExtension("raw", new byte[] {1, 2, 3})
            .withDataSchema(URI.create("https://example.com/schema"))
            .withData("text/plain", "1".getBytes(UTF_8))
            .build();

    assertDone(send(mode, "/put", event), "applied");
    assertThat(read(key).headers().firstValue("KV-TTL")).hasValue("60");
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void times_areComparedWhateverTheirOffsetAndPrecision(Mode mode) throws Exception {
    String key = "times-" + mode;
    List<String> times =
        List.of(
            "2026-01-01T01:00:00.000000002+01:00",
            "2025-12-31T16:00:00.000000001-08:00",
            "2026-01-01T00:00:00.1Z");
    List<String> words = List.of("applied", "stale", "applied");
    for (int i = 0; i < times.size(); i++) {
      CloudEvent event =
          event(key)
              .withTime(OffsetDateTime.parse(times.get(i)))
              .withData("text/plain", times.get(i).getBytes(UTF_8))
              .build();
      assertDone(send(mode, "/put", event), words.get(i));
    }
    assertStored(key, "text/plain", times.get(2));
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void commands_areDone(Mode mode) throws Exception {
    String key = "command-" + mode;
    CloudEvent put =
        event("x")
            .withType("io.kvfunctions.put")
            .withData(
                "application/json",
                "{\"key\":\"%s\",\"value\":\"1\"}".formatted(key).getBytes(UTF_8))
            .build();
    assertDone(send(mode, "/put", put), "applied");
    assertStored(key, "text/plain;charset=utf-8", "1");

    CloudEvent delete =
        event("x")
            .withType("io.kvfunctions.delete")
            .withData("application/json", "{\"key\":\"%s\"}".formatted(key).getBytes(UTF_8))
            .build();
    assertDone(send(mode, "/delete", delete), "applied");
    assertThat(read(key).statusCode()).isEqualTo(404);
  }

  @Test
  void aBatch_isAnsweredOnce() throws Exception {
    CloudEvent first = event("batch").withData("text/plain", "1".getBytes(UTF_8)).build();
    CloudEvent second = event("batch").withData("text/plain", "2".getBytes(UTF_8)).build();

    assertDone(send(Mode.BATCHED, "/put", first, second), "applied");
    assertStored("batch", "text/plain", "2");
    assertDone(send(Mode.BATCHED, "/put", first, second), "duplicate");
  }
}
