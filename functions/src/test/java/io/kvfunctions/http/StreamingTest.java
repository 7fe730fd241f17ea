package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Streams of any length pass through little memory: neither side is held whole, a client that does
 * not take its answers is not read from, one that goes away leaves nothing behind.
 */
class StreamingTest {
  private static final int MILLION = 1_000_000;
  private static final int KEYS = 50_000;
  private static final int LINE_LIMIT = 1024 * 1024;

  /** More than the sockets between client and server take up, in bytes. */
  private static final int MORE_THAN_IS_UNDER_WAY = 48 * 1024 * 1024;

  private static final Pattern KEY = Pattern.compile("\\{\"key\":\"([^\"]+)\".*");

  private static ForkedServer server;

  @BeforeAll
  static void start() throws Exception {
    server = ForkedServer.start("--kv.limits.body=1MB", "--kv.limits.value=1MB");
  }

  @AfterAll
  static void stop_leavesNoRequestInFlightAndNoBufferUnreleased() throws Exception {
    try (ForkedServer stopped = server) {
      List<String> said = stopped.stop();
      assertThat(said).noneMatch(line -> line.contains("LEAK"));
      assertThat(said)
          .as("what the server said")
          .singleElement()
          .asString()
          .contains("\"stopping, 0 requests in flight\"");
    }
  }

  @Test
  void aMillionLines_areAnsweredInOrder_whileTheyAreSent() throws Exception {
    try (StreamClient client = new StreamClient(server.port())) {
      client.beginLines("/put");
      CompletableFuture<Void> sent =
          client.sendLines(
              MILLION, i -> "{\"key\":\"m" + i % KEYS + "\",\"value\":\"v" + i + "\"}");
      BufferedReader answers = client.lines();
      for (int i = 0; i < MILLION; i++) {
        String answer = answers.readLine();
        if (answer == null
            || !answer.startsWith("{\"key\":\"m" + i % KEYS + "\",")
            || !answer.contains("\"created\":" + (i < KEYS))) {
          throw new AssertionError("line " + i + " was answered with " + answer);
        }
      }
      assertThat(answers.readLine()).as("the end").isNull();
      sent.get();
    }

    try (StreamClient client = new StreamClient(server.port())) {
      client.beginLines("/get");
      CompletableFuture<Void> sent =
          client.sendLines(MILLION, i -> "{\"key\":\"m" + i % KEYS + "\"}");
      BufferedReader answers = client.lines();
      for (int i = 0; i < MILLION; i++) {
        int key = i % KEYS;
        String answer = answers.readLine();
        if (answer == null
            || !answer.startsWith("{\"key\":\"m" + key + "\",")
            || !answer.contains("\"value\":\"v" + (MILLION - KEYS + key) + "\"")) {
          throw new AssertionError("line " + i + " was answered with " + answer);
        }
      }
      assertThat(answers.readLine()).as("the end").isNull();
      sent.get();
    }
    nothingIsLeft("a million lines");
  }

  @Test
  void aMillionLines_ofWhichOnlyTotalsAreWanted_areCounted() throws Exception {
    try (StreamClient client = new StreamClient(server.port())) {
      client.beginLines("/put", "Prefer: return=minimal\r\n");
      CompletableFuture<Void> sent =
          client.sendLines(
              MILLION, i -> "{\"key\":\"t" + i % KEYS + "\",\"value\":\"v" + i + "\"}");
      BufferedReader answer = client.lines();
      assertThat(answer.readLine())
          .isEqualTo("{\"lines\":1000000,\"succeeded\":1000000,\"failed\":0}");
      assertThat(answer.readLine()).isNull();
      sent.get();
    }
  }

  @Test
  void anExport_whileWritesGoOn_hasEachKeyOnce() throws Exception {
    int there = 30_000;
    String value = "x".repeat(1_000);
    try (StreamClient client = new StreamClient(server.port())) {
      client.beginLines("/put", "Prefer: return=minimal\r\n");
      CompletableFuture<Void> sent =
          client.sendLines(
              there, i -> "{\"key\":\"export/" + i + "\",\"value\":\"" + value + "\"}");
      assertThat(client.lines().readLine()).contains("\"failed\":0");
      sent.get();
    }
    AtomicBoolean exported = new AtomicBoolean();
    AtomicInteger written = new AtomicInteger();
    CompletableFuture<Void> writes =
        CompletableFuture.runAsync(
            () -> writeUntil(exported, written, there, value),
            task -> Thread.ofPlatform().daemon().start(task));
    Set<String> seen = new HashSet<>();
    try (StreamClient client = new StreamClient(server.port())) {
      Await.until("writes go on", () -> written.get() > 0 || writes.isDone());
      client.send(
          "GET /kv?prefix=export/ HTTP/1.1\r\nHost: kv\r\nAccept: application/x-ndjson\r\n\r\n");
      BufferedReader lines = client.lines();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Matcher key = KEY.matcher(line);
        assertThat(key.matches()).as(line).isTrue();
        assertThat(seen.add(key.group(1))).as("%s is there once", key.group(1)).isTrue();
        if (seen.size() % 5_000 == 1) { // all along the export
          int before = written.get();
          Await.until("writes go on", () -> written.get() > before + 100 || writes.isDone());
        }
      }
    } finally {
      exported.set(true);
    }
    writes.get();
    for (int i = 0; i < there; i++) {
      assertThat(seen.contains("export/" + i)).as("export/%s", i).isTrue();
    }
  }

  /** Overwrites what is there, and puts and deletes keys between. */
  private static void writeUntil(
      AtomicBoolean end, AtomicInteger written, int there, String value) {
    try (RawClient client = new RawClient("127.0.0.1", server.port())) {
      for (int i = 0; !end.get(); i++) {
        int key = (int) (i * 7_919L % there);
        String body =
            "{\"key\":\"export/"
                + key
                + "\",\"value\":\""
                + value
                + "\"}\n{\"key\":\"export/"
                + key
                + "/new\",\"value\":\"v\"}\n";
        client.send(post("/put", "application/x-ndjson", body));
        assertThat(client.receive(false).text()).contains("\"created\":false");
        if (i % 2 == 0) {
          client.send(post("/delete", "application/json", "{\"key\":\"export/" + key + "/new\"}"));
          assertThat(client.receive(false).status()).isEqualTo(200);
        }
        written.incrementAndGet();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String head(String request, String... fields) {
    return request + " HTTP/1.1\r\nHost: kv\r\n" + String.join("\r\n", fields) + "\r\n\r\n";
  }

  private static byte[] post(String path, String type, String body) {
    return "POST %s HTTP/1.1\r\nHost: kv\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(path, type, body.length(), body)
        .getBytes(UTF_8);
  }

  @Test
  void aClientThatDoesNotRead_isNotReadFrom_andGetsEverythingOnceItDoes() throws Exception {
    int count = MORE_THAN_IS_UNDER_WAY / 100;
    ByteBuffer lines = ByteBuffer.wrap(putLines(count));
    int all = lines.remaining();
    try (StreamClient client = new StreamClient(server.port())) {
      client.send(
          "POST /put HTTP/1.1\r\nHost: kv\r\nContent-Type: application/x-ndjson\r\nContent-Length: "
              + all
              + "\r\n\r\n");
      client.sendUntilHeld(lines, Duration.ofSeconds(1));
      assertThat(lines.remaining()).as("bytes the server did not take").isPositive();
      assertThat(server.metric("kv_buffered_bytes")).isLessThan(LINE_LIMIT);

      CompletableFuture<Void> sent = client.sendRest(lines);
      InputStream slow = client.body(4 * 1024);
      assertThat(countLines(slow)).isEqualTo(count);
      sent.get();
      assertThat(lines.hasRemaining()).isFalse();
    }
    nothingIsLeft("a slow reader");
  }

  /** Lines of 100 bytes each. */
  private static byte[] putLines(int count) {
    ByteArrayOutputStream lines = new ByteArrayOutputStream(count * 100);
    for (int i = 0; i < count; i++) {
      String line = "{\"key\":\"slow" + i % 1_000 + "\",\"value\":\"v" + i + "\"}";
      lines.writeBytes((line + " ".repeat(99 - line.length()) + "\n").getBytes(UTF_8));
    }
    return lines.toByteArray();
  }

  /** Counts the lines, a few at a time; all of them are to say that their key was put. */
  private static int countLines(InputStream in) throws IOException {
    int count = 0;
    BufferedReader lines = new BufferedReader(new InputStreamReader(in, UTF_8), 1_000);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (!line.startsWith("{\"key\":\"slow" + count % 1_000 + "\",")
          || !line.contains("\"created\":")) {
        throw new AssertionError("line " + count + " was answered with " + line);
      }
      count++;
    }
    return count;
  }

  /** One way of going away. */
  private interface BreakOff {
    void run(StreamClient client) throws Exception;
  }

  private record Kind(String name, BreakOff breakOff) {}

  @Test
  void aClientThatGoesAway_inTheMiddleOfAnyStream_leavesNothingBehind() throws Exception {
    int large = 30;
    putLarge(large);
    StringBuilder getLarge = new StringBuilder();
    StringBuilder largeKeys = new StringBuilder("[");
    StringBuilder getPlain = new StringBuilder();
    for (int i = 0; i < large; i++) {
      getLarge.append("{\"key\":\"large/").append(i).append("\"}\n");
      largeKeys.append(i == 0 ? "" : ",").append("{\"key\":\"large/").append(i).append("\"}");
      getPlain.append("GET /kv/large%2F").append(i).append(" HTTP/1.1\r\nHost: kv\r\n\r\n");
    }
    largeKeys.append(']');
    byte[] putLines = putLines(MORE_THAN_IS_UNDER_WAY / 100);
    List<Kind> kinds = new ArrayList<>();
    for (String path : List.of("/put", "/get", "/delete")) {
      for (String prefer : List.of("", "Prefer: return=minimal\r\n")) {
        kinds.add(
            new Kind(
                path + " waiting for lines " + prefer.strip(),
                client -> {
                  client.beginLines(path, prefer);
                  client.chunk("{\"key\":\"gone\",\"value\":\"v\"}\n{\"key\":".getBytes(UTF_8));
                  if (prefer.isEmpty()) {
                    client.readSome();
                  }
                }));
      }
    }
    kinds.add(
        new Kind(
            "within a long line",
            client -> {
              client.beginLines("/put");
              client.chunk(" ".repeat(LINE_LIMIT / 2).getBytes(UTF_8));
              Await.until("held", () -> server.metric("kv_buffered_bytes") > 0);
            }));
    kinds.add(
        new Kind(
            "within a line that is too long",
            client -> {
              client.beginLines("/put");
              client.chunk(" ".repeat(3 * LINE_LIMIT).getBytes(UTF_8));
              Await.until("held", () -> server.metric("kv_buffered_bytes") > 0);
            }));
    kinds.add(
        new Kind(
            "within a value",
            client -> {
              client.send("PUT /kv/gone HTTP/1.1\r\nHost: kv\r\nContent-Length: 900000\r\n\r\n");
              client.send("x".repeat(500_000));
              Await.until("held", () -> server.metric("kv_buffered_bytes") > 0);
            }));
    kinds.add(
        new Kind(
            "within a call",
            client -> {
              client.send(
                  head("POST /put", "Content-Type: application/json", "Content-Length: 900000"));
              client.send(" ".repeat(500_000));
              Await.until("held", () -> server.metric("kv_buffered_bytes") > 0);
            }));
    kinds.add(
        new Kind(
            "lines sent, answers not read",
            client -> {
              client.send(
                  "POST /put HTTP/1.1\r\nHost: kv\r\nContent-Type: application/x-ndjson\r\n"
                      + "Content-Length: "
                      + putLines.length
                      + "\r\n\r\n");
              ByteBuffer lines = ByteBuffer.wrap(putLines);
              client.sendUntilHeld(lines, Duration.ofMillis(500));
              assertThat(lines.hasRemaining()).isTrue();
            }));
    kinds.add(
        new Kind(
            "large values got in lines",
            client -> {
              client.beginLines("/get");
              client.chunk(getLarge.toString().getBytes(UTF_8));
              client.readSome();
            }));
    kinds.add(
        new Kind(
            "large values got in an array",
            client -> {
              client.send(
                  new String(post("/get", "application/json", largeKeys.toString()), UTF_8));
              client.readSome();
            }));
    kinds.add(
        new Kind(
            "large values got one after the other",
            client -> {
              client.send(getPlain.toString());
              client.readSome();
            }));
    kinds.add(
        new Kind(
            "an export",
            client -> {
              client.send(head("GET /kv?prefix=large/", "Accept: application/x-ndjson"));
              client.readSome();
            }));
    kinds.add(
        new Kind(
            "a page",
            client -> {
              client.send("GET /kv?prefix=large/&values=true HTTP/1.1\r\nHost: kv\r\n\r\n");
              client.readSome();
            }));

    for (Kind kind : kinds) {
      try (StreamClient client = new StreamClient(server.port())) {
        kind.breakOff().run(client);
        Await.until("connected: " + kind.name(), () -> server.metric("kv_connections") == 1);
      }
      nothingIsLeft(kind.name());
    }
    deleteLarge(large);
  }

  private static void putLarge(int count) throws IOException {
    try (RawClient client = new RawClient("127.0.0.1", server.port())) {
      for (int i = 0; i < count; i++) {
        client.send(
            ("PUT /kv/large%2F" + i + " HTTP/1.1\r\nHost: kv\r\nContent-Length: 900000\r\n\r\n")
                .getBytes(UTF_8));
        client.send("x".repeat(900_000).getBytes(UTF_8));
        assertThat(client.receive(false).status()).isEqualTo(201);
      }
    }
    nothingIsLeft("large values");
  }

  private static void deleteLarge(int count) throws IOException {
    try (RawClient client = new RawClient("127.0.0.1", server.port())) {
      for (int i = 0; i < count; i++) {
        client.send(("DELETE /kv/large%2F" + i + " HTTP/1.1\r\nHost: kv\r\n\r\n").getBytes(UTF_8));
        assertThat(client.receive(false).status()).isEqualTo(204);
      }
    }
  }

  private static void nothingIsLeft(String after) {
    Await.until("no connection after " + after, () -> server.metric("kv_connections") == 0);
    Await.until("no bytes buffered after " + after, () -> server.metric("kv_buffered_bytes") == 0);
  }

  @Test
  void aLineOverTheLimit_isAnsweredWithAProblemInItsPlace_andTheRestGoesOn() throws Exception {
    try (StreamClient client = new StreamClient(server.port())) {
      client.beginLines("/put");
      CompletableFuture<Void> sent =
          client.sendLines(
              8,
              i -> {
                String line = "{\"key\":\"long" + i + "\",\"value\":\"v\"}";
                return switch (i) {
                  case 1 -> line + " ".repeat(LINE_LIMIT - line.length()); // just allowed
                  case 2 -> line + " ".repeat(LINE_LIMIT + 1 - line.length());
                  case 4, 5 -> line + " ".repeat(5 * LINE_LIMIT);
                  case 7 -> "{\"key\":\"" + "x".repeat(2 * LINE_LIMIT) + "\"}";
                  default -> line;
                };
              });
      BufferedReader answers = client.lines();
      for (int i = 0; i < 8; i++) {
        String answer = answers.readLine();
        switch (i) {
          case 2, 4, 5, 7 ->
              assertThat(answer)
                  .contains("body-too-large")
                  .contains("\"status\":413")
                  .contains("\"line\":" + (i + 1))
                  .contains("kv.limits.body");
          default -> assertThat(answer).startsWith("{\"key\":\"long" + i + "\",").contains("true");
        }
      }
      assertThat(answers.readLine()).isNull();
      sent.get();
    }
    nothingIsLeft("long lines");
  }
}
