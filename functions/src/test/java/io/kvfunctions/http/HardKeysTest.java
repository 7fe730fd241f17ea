package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/**
 * Sends every key of {@code test-data/keys.txt} in every way there is, and looks whether it is
 * still the same key.
 */
@ParameterizedClass
@EnumSource
class HardKeysTest {
  @Parameter TestMap map;

  private static final String JSON = "application/json";
  private static final String NDJSON = "application/x-ndjson";
  private static final String TEXT = "text/plain";

  private static final String EVENT = "application/cloudevents+json";
  private static final String EVENTS = "application/cloudevents-batch+json";

  private static final AtomicInteger eventIds = new AtomicInteger();
  private static TestServer server;
  private RawClient client;

  @BeforeParameterizedClassInvocation
  static void start(TestMap map) {
    server = map.start(Map.of());
  }

  @AfterParameterizedClassInvocation
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
  }

  /** One of several ways to do the same to a key. */
  private interface Way<T> {
    T with(String key) throws IOException;
  }

  @TestFactory
  Stream<DynamicTest> everyWayInKnowsTheSameKey() throws IOException {
    List<String> keys = keys();
    return IntStream.range(0, keys.size())
        .mapToObj(
            i ->
                dynamicTest(
                    i + 1 + ": " + escaped(keys.get(i)),
                    () -> inAndOut(keys.get(i), "value " + i)));
  }

  private void inAndOut(String key, String value) throws IOException {
    List<Way<Integer>> puts = puts(value);
    List<Way<String>> gets = gets();
    List<Way<Boolean>> deletes = deletes();
    for (int i = 0; i < Math.max(puts.size(), deletes.size()); i++) {
      String how =
          "put in way %d, deleted in way %d, ".formatted(i % puts.size(), i % deletes.size());
      assertThat(puts.get(i % puts.size()).with(key))
          .as(how + "the status of the put")
          .isEqualTo(201);
      for (int j = 0; j < gets.size(); j++) {
        assertThat(gets.get(j).with(key)).as(how + "read in way " + j).isEqualTo(value);
      }
      assertThat(send("HEAD /kv/" + encoded(key), null, "").status())
          .as(how + "the status of a head")
          .isEqualTo(200);
      assertThat(deletes.get(i % deletes.size()).with(key))
          .as(how + "whether it was deleted")
          .isTrue();
      assertThat(send("GET /kv/" + encoded(key), null, "").status())
          .as(how + "the status afterwards")
          .isEqualTo(404);
    }
  }

  private List<Way<Integer>> puts(String value) {
    return List.of(
        key -> send("PUT /kv/" + encoded(key), TEXT, value).status(),
        key -> send("PUT /kv/" + barelyEncoded(key), TEXT, value).status(),
        key -> send("POST /put", JSON, input(key, value)).status(),
        key -> status(json(send("POST /put", JSON, "[" + input(key, value) + "]")).get(0), key),
        key -> status(json(send("POST /put", NDJSON, input(key, value) + "\n")), key),
        key -> applied(send("POST /put", TEXT, value, fields(key))) ? 201 : 0,
        key -> applied(send("POST /put", EVENT, event("key", key, value))) ? 201 : 0,
        key ->
            applied(send("POST /put", EVENTS, "[" + event("subject", key, value) + "]")) ? 201 : 0);
  }

  /** An event in binary mode, whose key is this. */
  private static String[] fields(String key) {
    return new String[] {
      "ce-specversion: 1.0",
      "ce-id: " + eventIds.incrementAndGet(),
      "ce-source: /hard/keys",
      "ce-type: example",
      "ce-key: " + encoded(key)
    };
  }

  /** An event in JSON, whose key is in this attribute. */
  private static String event(String attribute, String key, String value) {
    return "{\"specversion\":\"1.0\",\"id\":\"%d\",\"source\":\"/hard/keys\",\"type\":\"example\",\"%s\":%s,\"datacontenttype\":\"text/plain\",\"data\":%s}"
        .formatted(eventIds.incrementAndGet(), attribute, quoted(key), quoted(value));
  }

  private static boolean applied(RawAnswer answer) {
    return answer.values("KV-Event").equals(List.of("applied"));
  }

  private static int status(JsonNode result, String key) {
    assertThat(result.path("key").asString()).isEqualTo(key);
    return result.path("created").asBoolean() ? 201 : 200;
  }

  private List<Way<String>> gets() {
    return List.of(
        key -> send("GET /kv/" + encoded(key), null, "").text(),
        key -> send("GET /kv/" + barelyEncoded(key), null, "").text(),
        key -> send("GET /get/" + encoded(key), null, "").text(),
        key -> value(json(send("POST /get", JSON, "{\"key\":" + quoted(key) + "}")), key),
        key -> value(json(send("POST /get", JSON, quoted(key))), key),
        key -> value(json(send("POST /get", JSON, escaped(key))), key),
        key -> value(json(send("POST /get", JSON, "[" + quoted(key) + "]")).get(0), key),
        key -> value(json(send("POST /get", NDJSON, quoted(key))), key),
        key -> value(json(send("POST /get", TEXT, key)), key),
        key -> listed(send("GET /kv?values=true&limit=1000&prefix=" + encoded(key), null, ""), key),
        key -> listed(send("GET /kv?values=true&limit=1000", null, ""), key),
        key ->
            exported(send("GET /kv?prefix=" + encoded(key), null, "", "Accept: " + NDJSON), key));
  }

  private List<Way<Boolean>> deletes() {
    return List.of(
        key -> send("DELETE /kv/" + encoded(key), null, "").status() == 204,
        key -> deleted(json(send("POST /delete", JSON, "{\"key\":" + quoted(key) + "}")), key),
        key -> deleted(json(send("POST /delete", JSON, quoted(key))), key),
        key -> deleted(json(send("POST /delete", JSON, "[" + quoted(key) + "]")).get(0), key),
        key -> deleted(json(send("POST /delete", NDJSON, quoted(key))), key),
        key -> deleted(json(send("POST /delete", TEXT, key)), key),
        key -> applied(send("POST /delete", TEXT, "", fields(key))),
        key -> applied(send("POST /delete", EVENT, event("subject", key, ""))),
        key -> applied(send("POST /delete", EVENTS, "[" + event("key", key, "") + "]")));
  }

  @Test
  void listingAndExportShowEveryKeyOnce_inTheOrderOfItsBytes() throws IOException {
    List<String> keys = new ArrayList<>(keys());
    String puts = keys.stream().map(key -> input(key, "x")).collect(joining("\n"));
    send("POST /put", NDJSON, puts);
    keys.sort((a, b) -> Arrays.compareUnsigned(a.getBytes(UTF_8), b.getBytes(UTF_8)));

    List<String> paged = new ArrayList<>();
    String next = "/kv?limit=7";
    while (next != null) {
      RawAnswer page = send("GET " + next, null, "");
      json(page).required("entries").forEach(entry -> paged.add(entry.required("key").asString()));
      List<String> link = page.values("Link");
      next = link.isEmpty() ? null : link.getFirst().replaceFirst("<(.*)>; rel=\"next\"", "$1");
    }
    assertThat(paged).isEqualTo(keys);

    List<String> exported = new ArrayList<>();
    send("GET /kv", null, "", "Accept: " + NDJSON)
        .text()
        .lines()
        .forEach(line -> exported.add(TestData.JSON.readTree(line).required("key").asString()));
    assertThat(exported).isEqualTo(keys);

    send("POST /delete", NDJSON, keys.stream().map(HardKeysTest::quoted).collect(joining("\n")));
    assertThat(json(send("GET /kv", null, "")).required("entries")).isEmpty();
  }

  private static String value(JsonNode result, String key) {
    assertThat(result.path("key").asString()).as("the key in the answer").isEqualTo(key);
    return result.path("value").asString();
  }

  private static boolean deleted(JsonNode result, String key) {
    assertThat(result.path("key").asString()).as("the key in the answer").isEqualTo(key);
    return result.path("deleted").asBoolean();
  }

  private static String listed(RawAnswer page, String key) {
    List<JsonNode> found =
        json(page).required("entries").values().stream()
            .filter(one -> one.path("key").asString().equals(key))
            .toList();
    assertThat(found).as("how often it is listed").hasSize(1);
    return found.getFirst().path("value").asString();
  }

  private static String exported(RawAnswer lines, String key) {
    List<JsonNode> found =
        lines
            .text()
            .lines()
            .map(TestData.JSON::readTree)
            .filter(one -> one.path("key").asString().equals(key))
            .toList();
    assertThat(found).as("how often it is exported").hasSize(1);
    return found.getFirst().path("value").asString();
  }

  private static JsonNode json(RawAnswer answer) {
    assertThat(answer.status()).as(answer.toString()).isLessThan(300);
    return TestData.JSON.readTree(answer.text());
  }

  private RawAnswer send(String line, String contentType, String body, String... headers)
      throws IOException {
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    byte[] bytes = body.getBytes(UTF_8);
    request.writeBytes((line + " HTTP/1.1\r\nHost: localhost\r\n").getBytes(UTF_8));
    if (contentType != null) {
      request.writeBytes(
          ("Content-Type: " + contentType + "\r\nContent-Length: " + bytes.length + "\r\n")
              .getBytes(ISO_8859_1));
    }
    for (String header : headers) {
      request.writeBytes((header + "\r\n").getBytes(ISO_8859_1));
    }
    request.writeBytes("\r\n".getBytes(ISO_8859_1));
    request.writeBytes(bytes);
    client.send(request.toByteArray());
    return client.receive(line.startsWith("HEAD "));
  }

  private static String input(String key, String value) {
    return "{\"key\":" + quoted(key) + ",\"value\":" + quoted(value) + "}";
  }

  /** The key as a JSON string with as few escapes as there may be. */
  private static String quoted(String key) {
    return TestData.JSON.writeValueAsString(key);
  }

  /** The key as a JSON string in which everything is escaped. */
  private static String escaped(String key) {
    return key.chars().mapToObj("\\u%04x"::formatted).collect(joining("", "\"", "\""));
  }

  /** Every byte of the key percent-encoded. */
  private static String encoded(String key) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : key.getBytes(UTF_8)) {
      encoded.append("%%%02X".formatted(b));
    }
    return encoded.toString();
  }

  /**
   * Nothing percent-encoded but what cannot stand in a request line, and what would end the path.
   */
  private static String barelyEncoded(String key) {
    return key.chars()
        .mapToObj(
            c ->
                c <= ' ' || c == '%' || c == '?' || c == 0x7f
                    ? "%%%02x".formatted(c)
                    : Character.toString(c))
        .collect(joining());
  }

  private static List<String> keys() throws IOException {
    return Files.readAllLines(TestData.path("keys.txt")).stream()
        .map(line -> TestData.JSON.readValue(line, String.class))
        .toList();
  }
}
