package io.kvfunctions.http;

import static io.kvfunctions.http.Requests.JSON;
import static io.kvfunctions.http.Requests.NDJSON;
import static io.kvfunctions.http.Requests.chunk;
import static io.kvfunctions.http.Requests.chunkedHead;
import static io.kvfunctions.http.Requests.join;
import static io.kvfunctions.http.Requests.lastChunk;
import static io.kvfunctions.http.Requests.post;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.store.DistantEntries;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Batches over a map that is elsewhere, which is asked for many keys at a time. */
class GroupTest {
  private static final String EVENTS = "Content-Type: application/cloudevents-batch+json";

  private final Queue<Integer> asked = new ConcurrentLinkedQueue<>();
  private volatile CountDownLatch answered = new CountDownLatch(0);
  private TestServer server;
  private RawClient client;

  private void start(String buffers) throws IOException {
    server =
        TestServer.start(
            Map.of("kv.limits.buffers", buffers, "kv.limits.batch", "20000"),
            entries -> new DistantEntries(entries, this::ask));
    client = new RawClient("127.0.0.1", server.port());
  }

  private void ask(int keys) {
    asked.add(keys);
    try {
      answered.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    Server edge = server.context().getBean(Server.class);
    Await.until("no request is in flight", () -> edge.inFlight() == 0);
    Await.until("nothing is held for a client", () -> edge.bufferedBytes() == 0);
    server.close();
  }

  private String send(byte[] request) throws IOException {
    client.send(request);
    RawAnswer answer = client.receive(false);
    assertThat(answer.status()).isEqualTo(200);
    return answer.text();
  }

  /** What was asked for since the last time. */
  private List<Integer> asked() {
    List<Integer> since = new ArrayList<>(asked);
    asked.clear();
    return since;
  }

  private static String all(int count, IntFunction<String> element, String separator) {
    return IntStream.range(0, count).mapToObj(element).collect(joining(separator));
  }

  private static String array(int count, IntFunction<String> element) {
    return "[" + all(count, element, ",") + "]";
  }

  private static String put(int i) {
    return "{\"key\":\"%05d\",\"value\":%d}".formatted(i, i);
  }

  private static String key(int i) {
    return "\"%05d\"".formatted(i);
  }

  // ---- arrays

  @Test
  void anArray_isCalledForInGroups_andAnsweredInOrder() throws IOException {
    start("8MB");
    String puts = send(post("/put", JSON, array(2_500, GroupTest::put)));
    assertThat(asked()).containsExactly(1_000, 1_000, 500);
    inOrder(puts, 2_500, i -> "{\"key\":" + key(i));
    String gets = send(post("/get", JSON, array(2_500, GroupTest::key)));
    assertThat(asked()).startsWith(8, 32, 128, 128).hasSize(22);
    inOrder(gets, 2_500, i -> "{\"key\":" + key(i) + ",\"value\":" + i + ",");
    String deletes = send(post("/delete", JSON, array(2_500, GroupTest::key)));
    assertThat(asked()).containsExactly(1_000, 1_000, 500);
    inOrder(deletes, 2_500, i -> "{\"key\":" + key(i) + ",\"deleted\":true}");
  }

  private static void inOrder(String text, int count, IntFunction<String> each) {
    int at = 0;
    for (int i = 0; i < count; i++) {
      int found = text.indexOf(each.apply(i), at);
      assertThat(found).as("where %s is", each.apply(i)).isNotNegative();
      at = found + 1;
    }
  }

  @Test
  void elementsThatFail_doNotStopTheOthersOfTheirGroup() throws IOException {
    start("8MB");
    String results =
        send(
            post(
                "/put",
                JSON,
                "[7,{\"key\":\"a\",\"value\":1},{\"key\":\"\",\"value\":2},"
                    + "{\"key\":\"a\",\"value\":3,\"ifNoneMatch\":\"*\"},{},{\"key\":\"a\",\"value\":4}]"));
    assertThat(asked()).containsExactly(3);
    inOrder(
        results,
        6,
        i ->
            List.of(
                    "problem:body-invalid",
                    "\"created\":true",
                    "problem:key-empty",
                    "problem:precondition-failed",
                    "problem:body-invalid",
                    "\"created\":false")
                .get(i));
    assertThat(send(post("/get", JSON, "[\"a\"]"))).contains("\"value\":4,");
  }

  /** The group before says how large the entries may be. */
  @Test
  void largeEntries_areReadFewAtATime() throws IOException {
    start("8MB");
    String value = "x".repeat(100_000);
    for (int i = 0; i < 40; i++) {
      client.send(Requests.put("%05d".formatted(i), value, "Content-Type: text/plain"));
      assertThat(client.receive(false).status()).isEqualTo(201);
    }
    asked();
    String gets = send(post("/get", JSON, array(40, GroupTest::key)));
    assertThat(asked()).startsWith(8).contains(2).hasSize(17);
    inOrder(gets, 40, i -> "{\"key\":" + key(i) + ",\"value\":\"xxx");
    gets = send(post("/get", NDJSON, all(40, GroupTest::key, "\n")));
    assertThat(asked()).startsWith(8).contains(2).hasSize(17);
    inOrder(gets, 40, i -> "{\"key\":" + key(i) + ",\"value\":\"xxx");
  }

  @Test
  void whereThereIsNoRoomForAGroup_eachIsAskedForAlone() throws IOException {
    start("300KB");
    String value = "x".repeat(50_000);
    for (int i = 0; i < 10; i++) {
      client.send(Requests.put("%05d".formatted(i), value, "Content-Type: text/plain"));
      assertThat(client.receive(false).status()).isEqualTo(201);
    }
    asked();
    String gets = send(post("/get", JSON, array(10, GroupTest::key)));
    assertThat(asked()).startsWith(8, 1, 1, 1, 1, 1, 1, 1, 1);
    inOrder(gets, 10, i -> "{\"key\":" + key(i) + ",\"value\":\"xxx");
    assertThat(gets).doesNotContain("problem");
  }

  // ---- lines

  @Test
  void linesThatAreThere_areCalledForTogether() throws IOException {
    start("8MB");
    client.send(
        join(
            chunkedHead("POST /put", NDJSON),
            chunk(put(0) + "\n" + put(1) + "\n\n" + put(2) + "\n{\"key\":")));
    String first = client.receiveTo("\"key\":\"00002\"").concat(client.receiveTo("\n"));
    inOrder(first, 3, i -> "{\"key\":" + key(i));
    assertThat(asked()).containsExactly(3);
    client.send(join(chunk("\"half\",\"value\":1}\n"), chunk("[]\n" + put(3) + "\n"), lastChunk()));
    String rest = client.receiveTo("0\r\n\r\n");
    assertThat(rest).contains("\"key\":\"half\"").contains("\"line\":6}").contains(key(3));
    assertThat(asked().stream().mapToInt(Integer::intValue).sum()).isEqualTo(2);
  }

  @Test
  void totals_countEachLine() throws IOException {
    start("8MB");
    String lines =
        all(10_000, i -> i % 10 == 0 ? "{}" : i % 10 == 1 ? put(i) + "\n" : put(i), "\n");
    String totals = send(post("/put", NDJSON, lines, "Prefer: return=minimal"));
    assertThat(totals)
        .startsWith("{\"lines\":10000,\"succeeded\":9000,\"failed\":1000,")
        .contains("\"line\":1}");
    assertThat(asked().size()).isLessThan(1_000);
    String deleted = send(post("/delete", NDJSON, all(10_000, GroupTest::key, "\n")));
    assertThat(deleted.split("\"deleted\":true", -1)).hasSize(9_001);
  }

  /** Those of a group that has not come back are not counted as dealt with. */
  @Test
  void aStreamThatBreaksOff_tellsOfTheLinesThatWereAnswered() throws IOException {
    start("8MB");
    client.send(
        join(
            chunkedHead("POST /put", NDJSON, "Prefer: return=minimal"),
            chunk(put(0) + "\n" + put(1) + "\n")));
    Await.until("the lines are dealt with", () -> asked.size() == 1);
    client.send("no chunk\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    RawAnswer answer = client.receive(false);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.text()).contains("\"lines\":2,\"succeeded\":2,\"failed\":0");
  }

  /** It fills what it may, and then waits: whatever is sent meanwhile stays with the client. */
  @Test
  void aMapThatTakesItsTime_holdsTheSenderUp() throws IOException {
    start("8MB");
    answered = new CountDownLatch(1);
    Server edge = server.context().getBean(Server.class);
    String line = "{\"key\":\"a\",\"value\":\"" + "x".repeat(1_000) + "\"}\n";
    Thread sender =
        Thread.ofVirtual()
            .start(
                () ->
                    client.send(
                        join(
                            chunkedHead("POST /put", NDJSON, "Prefer: return=minimal"),
                            chunk(line.repeat(20_000)),
                            lastChunk())));
    Await.until("the map is asked", () -> asked.size() == 1);
    assertThat(edge.bufferedBytes()).isLessThan(1 << 20);
    answered.countDown();
    assertThat(client.receiveTo("}\n")).contains("{\"lines\":20000,\"succeeded\":20000,");
    assertThat(asked()).allMatch(keys -> keys <= 300);
    try {
      sender.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  // ---- events

  @Test
  void aBatchOfEvents_isDoneInRuns_eachInItsOrder() throws IOException {
    start("8MB");
    List<String> events = new ArrayList<>();
    for (int i = 0; i < 250; i++) {
      events.add(event(i, "t", "\"key\":\"k%d\",\"data\":%d".formatted(i % 5, i)));
    }
    client.send(post("/put", EVENTS, "[" + String.join(",", events) + "]"));
    assertThat(client.receive(false).values("KV-Event")).containsExactly("applied");
    assertThat(asked()).containsExactly(200, 50);
    assertThat(send(post("/get", JSON, "[\"k0\",\"k4\"]")))
        .contains("\"value\":245,")
        .contains("\"value\":249,");
    asked();
    client.send(
        post(
            "/put",
            EVENTS,
            array(
                5,
                i ->
                    switch (i) {
                      case 2 -> event(300 + i, "io.kvfunctions.delete", "\"data\":\"k0\"");
                      case 3 -> "{\"id\":\"broken\"}";
                      default -> event(300 + i, "t", "\"key\":\"k0\",\"data\":" + i);
                    })));
    RawAnswer answer = client.receive(false);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.text())
        .contains("1 of 5 events failed")
        .contains("\"index\":3,\"id\":\"broken\"");
    assertThat(asked()).containsExactly(2, 1, 1);
    assertThat(send(post("/get", JSON, "[\"k0\"]"))).contains("\"value\":4,");
  }

  private static String event(int id, String type, String more) {
    return "{\"specversion\":\"1.0\",\"id\":\"%d\",\"source\":\"/s\",\"type\":\"%s\",%s}"
        .formatted(id, type, more);
  }
}
