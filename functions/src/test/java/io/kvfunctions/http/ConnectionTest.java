package io.kvfunctions.http;

import static io.kvfunctions.http.Requests.JSON;
import static io.kvfunctions.http.Requests.NDJSON;
import static io.kvfunctions.http.Requests.WANTS_LINES;
import static io.kvfunctions.http.Requests.chunk;
import static io.kvfunctions.http.Requests.chunkedHead;
import static io.kvfunctions.http.Requests.get;
import static io.kvfunctions.http.Requests.head;
import static io.kvfunctions.http.Requests.join;
import static io.kvfunctions.http.Requests.lastChunk;
import static io.kvfunctions.http.Requests.post;
import static io.kvfunctions.http.Requests.put;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvfunctions.store.Store;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What went wrong with connections once. */
@ParameterizedClass
@EnumSource
class ConnectionTest {
  @Parameter TestMap map;

  private static final int MIB = 1 << 20;
  private static final int LARGE = 8 * MIB;

  private static TestServer server;

  @BeforeParameterizedClassInvocation
  static void start(TestMap map) throws IOException {
    server = map.start(Map.of("kv.limits.value", "8MB", "kv.limits.buffers", "96MB"));
    try (RawClient client = connect()) {
      client.send(put("large", "x".repeat(LARGE)));
      assertThat(client.receive(false).status()).isEqualTo(201);
      client.send(put("small", "1"));
      assertThat(client.receive(false).status()).isEqualTo(201);
    }
  }

  @AfterParameterizedClassInvocation
  static void stop() {
    server.close();
  }

  @AfterEach
  void nothingIsLeftBehind() {
    Server edge = server.context().getBean(Server.class);
    Await.until("no request is in flight", () -> edge.inFlight() == 0);
    Await.until("nothing is held for a client", () -> edge.bufferedBytes() == 0);
    Await.until("all connections are closed", () -> edge.connections() == 0);
  }

  @Test
  void requestsSentBeforeTheClientEndedItsSide_areAllAnswered() throws IOException {
    try (RawClient client = connect()) {
      client.send(
          join(
              get("/kv/small"),
              get("/kv?limit=1"),
              get("/kv/small"),
              get("/kv/large"),
              get("/kv/small")));
      client.endSending();
      assertThat(client.receive(false).text()).isEqualTo("1");
      assertThat(client.receive(false).text()).startsWith("{\"entries\"");
      assertThat(client.receive(false).text()).isEqualTo("1");
      assertThat(client.receive(false).body()).hasSize(LARGE);
      assertThat(client.receive(false).text()).isEqualTo("1");
      assertThat(client.rest()).isEmpty();
    }
  }

  /**
   * The end of the client's side closed the connection over what was still on its way; the two
   * seconds that a closed connection is held for were counted before all of the answer was out; and
   * Netty could not wait for room to write any more.
   */
  @Test
  void aLargeAnswerIsWhole_whereTheClientEndsItsSide_andHoweverLongItTakes() throws IOException {
    List<Wire> readers = new ArrayList<>();
    List<Integer> lefts = new ArrayList<>();
    try {
      // Somewhere on the way to the end of the answer the server has done its part and the client
      // not, and only the sizes of the system's buffers say where.
      for (int left = 5 * MIB; left > 0; left -= 64 * 1024) {
        Wire reader = new Wire(server.port());
        readers.add(reader);
        lefts.add(left);
        reader.send(get("/kv/large", "Connection: close"));
        passHead(reader);
        assertThat(reader.read(LARGE - left)).hasSize(LARGE - left);
        if (readers.size() % 2 == 0) {
          reader.endSending();
        }
      }
      try (Wire silent = new Wire(server.port())) { // lets time pass
        assertThat(silent.isAnsweredWithin(2_500)).isFalse();
      }
      for (int i = 0; i < readers.size(); i++) {
        assertThat(readers.get(i).read(LARGE)).hasSize(lefts.get(i));
      }
    } finally {
      for (Wire reader : readers) {
        reader.close();
      }
    }
  }

  private static void passHead(Wire reader) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) reader.read(1)[0]);
    }
  }

  /** What nobody read of the body of a streamed answer's request was never released. */
  @Test
  void aStreamMayLeaveItsBodyUnread() throws IOException {
    try (RawClient client = connect()) {
      for (int i = 0; i < 20; i++) {
        client.send(join(head("GET /kv?limit=1", 50_000), "x".repeat(50_000).getBytes(UTF_8)));
        assertThat(client.receive(false).status()).isEqualTo(200);
      }
      client.send(get("/kv/small"));
      assertThat(client.receive(false).text()).isEqualTo("1");
    }
  }

  /** What a line had taken of the room for bodies was kept for ever where the client was gone. */
  @Test
  void aLineThatNeverEnds_givesItsRoomBack() throws IOException {
    String begun = "{\"key\":\"a\",\"value\":\"" + "x".repeat(MIB);
    Server edge = server.context().getBean(Server.class);
    try (RawClient client = connect()) {
      client.send(chunkedHead("POST /put", NDJSON));
      client.send(chunk("{\"key\":\"a\",\"value\":\"1\"}\n"));
      client.receiveTo("}\n");
      client.send(chunk(begun));
      Await.until("the line is held", () -> edge.bufferedBytes() > MIB);
      client.send("no chunk\r\n".getBytes(UTF_8)); // so that it is us who break off
      assertThat(new String(client.rest(), UTF_8)).doesNotContain("0\r\n");
    }
    Await.until("the line is let go", () -> edge.bufferedBytes() == 0);
    try (RawClient client = connect()) {
      client.send(join(chunkedHead("POST /put", NDJSON), chunk(begun)));
      Await.until("the line is held", () -> edge.bufferedBytes() > MIB);
    }
  }

  /**
   * It kept the megabytes of its longest line to its end, and could be kept open with a byte now
   * and then.
   */
  @Test
  void aStreamThatWaitsForItsNextLine_holdsNothingOfTheLast() throws IOException {
    Server edge = server.context().getBean(Server.class);
    try (RawClient client = connect()) {
      client.send(chunkedHead("POST /put", NDJSON));
      client.send(chunk("{\"key\":\"a\",\"value\":\"" + "x".repeat(MIB) + "\"}\n"));
      client.receiveTo("\n");
      Await.until("the line is let go", () -> edge.bufferedBytes() < MIB);
      client.send(join(chunk("{\"key\":\"b\",\"value\":1}\n"), lastChunk()));
      assertThat(client.receiveTo("0\r\n\r\n")).contains("\"key\":\"b\"");
    }
  }

  /** A HEAD had the whole export written, and thrown away. */
  @Test
  void aHeadOfAnExport_isAnsweredWithoutTheExport() throws IOException {
    try (RawClient client = connect()) {
      client.send(join(Requests.of("HEAD /kv", null, WANTS_LINES), get("/kv/small")));
      RawAnswer answer = client.receive(true);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.values("Transfer-Encoding")).containsExactly("chunked");
      assertThat(client.receive(false).text()).isEqualTo("1");
    }
  }

  /** Without chunks, only the way it ends tells a client that it has not got all of it. */
  @Test
  void anAnswerToHttp10ThatBreaksOff_endsWithAReset() throws IOException {
    try (Wire client = new Wire(server.port())) {
      client.send(
          ("POST /get HTTP/1.0\r\nContent-Length: 1000\r\n" + NDJSON + "\r\n\r\n\"small\"\n")
              .getBytes(UTF_8));
      passHead(client);
      client.endSending();
      assertThatThrownBy(() -> client.read(1_000)).isInstanceOf(SocketException.class);
    }
  }

  @Test
  void aLargeCall_isAnsweredAsASmallOne() throws IOException {
    String padding = " ".repeat(200_000);
    try (RawClient client = connect()) {
      client.send(post("/put", JSON, padding + "{\"key\":\"call\",\"value\":1}"));
      assertThat(client.receive(false).status()).isEqualTo(201);
      client.send(post("/put", JSON, padding + "{\"key\":\"call\",\"value\":1}"));
      RawAnswer answer = client.receive(false);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text()).startsWith("{\"key\":\"call\",\"etag\":");
      client.send(post("/get", JSON, padding + "{\"key\":\"none\"}"));
      assertThat(client.receive(false).status()).isEqualTo(404);
      client.send(post("/get", JSON, padding + "{\"key\":\"none\""));
      assertThat(client.receive(false).status()).isEqualTo(400);
      client.send(post("/get", JSON, padding + "{\"key\":\"large\"}"));
      answer = client.receive(false);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.values("Content-Type")).containsExactly("application/json");
      assertThat(answer.body()).hasSizeGreaterThan(LARGE);
    }
  }

  /** A body that a probe's request brings along goes nowhere, and what follows it is still read. */
  @Test
  void requestsForTheProbes_mixWithOthers() throws IOException {
    try (RawClient client = connect()) {
      for (int i = 0; i < 20; i++) {
        client.send(
            join(
                Requests.of("GET /livez", "x".repeat(30_000)),
                get("/kv/small"),
                Requests.of("HEAD /livez", null),
                join(chunkedHead("GET /livez"), chunk("abc"), lastChunk()),
                get("/kv/small")));
        assertThat(client.receive(false).text()).contains("UP");
        assertThat(client.receive(false).text()).isEqualTo("1");
        assertThat(client.receive(true).status()).isEqualTo(200);
        assertThat(client.receive(false).text()).contains("UP");
        assertThat(client.receive(false).text()).isEqualTo("1");
      }
    }
  }

  /** One that is none was answered from behind us, with 400 and no problem. */
  @Test
  void theQueryOfAProbe_isIgnored() throws IOException {
    try (RawClient client = connect()) {
      for (String query : List.of("?verbose", "?", "?%", "?a=%zz&b")) {
        client.send(join(get("/livez" + query), get("/readyz" + query)));
        assertThat(client.receive(false).text()).contains("UP");
        assertThat(client.receive(false).text()).contains("UP");
      }
    }
  }

  /**
   * Requests of a few bytes, sent ahead of an answer that is not read, took thirty times as much;
   * and more than 128 of them ended the connection without any answer.
   */
  @Test
  void requestsSentAhead_areAnsweredAsFarAsThereIsRoom() throws IOException {
    try (TestServer small = map.start(Map.of("kv.limits.buffers", "1MB"));
        Wire client = new Wire(small.port())) {
      Server edge = small.context().getBean(Server.class);
      for (int i = 0; i < 300; i++) {
        client.send(put("k" + i, "x".repeat(30_000)));
        assertThat(client.receive().status()).isEqualTo(201);
      }
      byte[] tiny = "GET / HTTP/1.1\r\nHost:\r\n\r\n".repeat(5_000).getBytes(UTF_8);
      client.send(join(get("/kv", WANTS_LINES), tiny));
      Await.until("there is no more room", () -> edge.bufferedBytes() > MIB / 2 - 4_096);
      assertThat(client.receive().body()).hasSizeGreaterThan(300 * 30_000);
      int answered = 0;
      while (client.isAnsweredWithin(10_000) && !client.isAtEnd()) {
        assertThat(client.receive().status()).isEqualTo(404);
        answered++;
      }
      assertThat(answered).isBetween(200, 4_000);
      Await.until("nothing is held", () -> edge.bufferedBytes() == 0);
    }
  }

  /** To Netty such a request has a body of eight bytes: it took the beginning of the next one. */
  @Test
  void aRequestWithTheKeysOfAnOldWebSocket_isRefused() throws IOException {
    try (RawClient client = connect()) {
      client.send(
          join(
              get("/kv/small", "Sec-WebSocket-Key1: a", "Sec-WebSocket-Key2: b"),
              get("/kv/small")));
      assertRefused(client);
    }
  }

  /**
   * Netty goes by the first of two lengths in HTTP/1.0 and does not tell of the other: what a
   * client meant as the rest of a body could be taken for a request.
   */
  @Test
  void afterABodyInHttp10_nothingIsTakenForARequest() throws IOException {
    try (RawClient client = connect()) {
      client.send(
          String.join(
                  "\r\n",
                  "PUT /kv/lengths HTTP/1.0",
                  "Connection: keep-alive",
                  "Content-Length: 3",
                  "Content-Length: 40",
                  "",
                  "abcGET /kv/small HTTP/1.1",
                  "Host: x",
                  "",
                  "")
              .getBytes(UTF_8));
      assertThat(client.receive(false).status()).isEqualTo(201);
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void aTargetWithoutAHost_isRefused() throws IOException {
    for (String target : List.of("http:///kv/small", "http://", "https://?a")) {
      try (RawClient client = connect()) {
        client.send(get(target));
        assertRefused(client);
      }
    }
  }

  private static void assertRefused(RawClient client) throws IOException {
    RawAnswer answer = client.receive(false);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.text()).contains("problem:request-invalid");
    assertThat(client.rest()).isEmpty();
  }

  /** What WebFlux made of it was an answer of its own, without a problem. */
  @Test
  void aProbe_isAnsweredWhateverTheHost() throws IOException {
    try (RawClient client = connect()) {
      for (String host : List.of("a:", "[::1]:80", "", "a.b:8080")) {
        client.send("GET /livez HTTP/1.1\r\nHost: %s\r\n\r\n".formatted(host).getBytes(UTF_8));
        assertThat(client.receive(false).text()).isEqualTo("{\"status\":\"UP\"}");
      }
    }
    for (String host : List.of("[::1", "a:b", "a:1:2", "[::1]a", "a]", "[[::1]]")) {
      try (RawClient client = connect()) {
        client.send("GET /livez HTTP/1.1\r\nHost: %s\r\n\r\n".formatted(host).getBytes(UTF_8));
        assertRefused(client);
      }
    }
  }

  /** It was refused in the middle, when the answer grew, and half of it had been written. */
  @Test
  void aBatchIsDoneWhole_howeverLittleRoomThereIsForItsAnswer() throws IOException {
    try (TestServer small = map.start(Map.of("kv.limits.buffers", "110KB"));
        RawClient client = new RawClient("127.0.0.1", small.port())) {
      StringBuilder array = new StringBuilder("[");
      StringBuilder lines = new StringBuilder();
      for (int i = 0; i < 1_000; i++) {
        String call = "{\"key\":\"%04d\",\"value\":1}".formatted(i);
        array.append(i == 0 ? "" : ",").append(call);
        lines.append(call).append('\n');
      }
      client.send(post("/put", JSON, array.append(']').toString()));
      assertThat(client.receive(false).text().split("\"created\":true", -1)).hasSize(1_001);
      client.send(post("/put", NDJSON, lines.toString()));
      assertThat(client.receive(false).text().split("\"created\":false", -1)).hasSize(1_001);
    }
  }

  /** All elements were refused for the one. */
  @Test
  void anEntryThereIsNoRoomFor_failsAlone() throws IOException {
    try (TestServer small = map.start(Map.of("kv.limits.buffers", "200KB"));
        RawClient client = new RawClient("127.0.0.1", small.port())) {
      client.send(put("large", "x".repeat(100_000)));
      assertThat(client.receive(false).status()).isEqualTo(201);
      client.send(post("/get", JSON, "[\"large\",\"none\"]"));
      assertThat(client.receive(false).text())
          .contains("\"type\":\"urn:kvfunctions:problem:unavailable\"")
          .contains("\"key\":\"large\"")
          .contains("\"key\":\"none\"");
      client.send(post("/get", NDJSON, "\"large\"\n\"none\"\n"));
      assertThat(client.receive(false).text().lines()).hasSize(2);
    }
  }

  /** It told of the problem alone, and what had been written was taken for not written. */
  @Test
  void aStreamThatBreaksOff_tellsWhatItDid() throws IOException {
    Store store = server.context().getBean(Store.class);
    try (RawClient client = connect()) {
      client.send(
          join(
              chunkedHead("POST /put", NDJSON, "Prefer: return=minimal"),
              chunk("{}\n{\"key\":\"told\",\"value\":1}\n")));
      Await.until("the lines are dealt with", () -> store.get("told") != null);
      client.send("ZZ\r\n".getBytes(UTF_8));
      RawAnswer answer = client.receive(false);
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.text())
          .contains("problem:request-invalid")
          .contains("\"lines\":2,\"succeeded\":1,\"failed\":1");
    }
  }

  private static RawClient connect() throws IOException {
    return new RawClient("127.0.0.1", server.port());
  }
}
