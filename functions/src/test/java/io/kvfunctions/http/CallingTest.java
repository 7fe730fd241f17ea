package io.kvfunctions.http;

import static io.kvfunctions.http.Requests.JSON;
import static io.kvfunctions.http.Requests.get;
import static io.kvfunctions.http.Requests.head;
import static io.kvfunctions.http.Requests.join;
import static io.kvfunctions.http.Requests.post;
import static io.kvfunctions.http.Requests.put;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.store.DistantEntries;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls that wait for a map that does not answer yet. */
class CallingTest {
  private final CountDownLatch answered = new CountDownLatch(1);
  private final AtomicInteger asked = new AtomicInteger();
  private TestServer server;
  private Server edge;

  @BeforeEach
  void start() {
    server =
        TestServer.start(
            Map.of("kv.limits.buffers", "256KB", "kv.expiry.interval", "1h"),
            entries -> new DistantEntries(entries, keys -> await()));
    edge = server.context().getBean(Server.class);
  }

  @AfterEach
  void stop() {
    answered.countDown();
    Await.until("no request is in flight", () -> edge.inFlight() == 0);
    Await.until("nothing is held for a client", () -> edge.bufferedBytes() == 0);
    server.close();
  }

  private void await() {
    asked.incrementAndGet();
    try {
      answered.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private RawClient connect() throws IOException {
    return new RawClient("127.0.0.1", server.port());
  }

  private void awaitAsked(int times) {
    Await.until("the map is asked " + times + " times", () -> asked.get() == times);
  }

  /** With the room of a stream for each there would be some for sixteen. */
  @Test
  void manyWaitAtOnce_andNoneIsRefusedForWantOfRoom() throws IOException {
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) {
        RawClient client = connect();
        clients.add(client);
        client.send(i % 2 == 0 ? get("/kv/a") : put("b" + i, "1"));
      }
      awaitAsked(200);
      answered.countDown();
      for (int i = 0; i < 200; i++) {
        assertThat(clients.get(i).receive(false).status()).isEqualTo(i % 2 == 0 ? 404 : 201);
      }
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  @Test
  void whatIsKeptOfABody_countsWhileTheMapIsWaitedFor() throws IOException {
    try (RawClient first = connect();
        RawClient second = connect();
        RawClient third = connect()) {
      first.send(post("/put", JSON, "{\"key\":\"a\",\"value\":\"" + "x".repeat(10_000) + "\"}"));
      awaitAsked(1);
      assertThat(edge.bufferedBytes()).isBetween(10_000L, 20_000L);
      second.send(put("b", "x".repeat(120_000)));
      awaitAsked(2);
      assertThat(edge.bufferedBytes()).isGreaterThan(130_000);
      third.send(put("c", "x".repeat(200_000)));
      assertThat(third.receive(false).status()).isEqualTo(503);
      answered.countDown();
      assertThat(first.receive(false).status()).isEqualTo(201);
      assertThat(second.receive(false).status()).isEqualTo(201);
    }
  }

  @Test
  void aClientThatIsGoneMeanwhile_leavesNothingBehind() throws IOException {
    try (RawClient client = connect()) {
      client.send(put("a", "x".repeat(100_000)));
      awaitAsked(1);
    }
    answered.countDown();
  }

  @Test
  void aClientThatHasEndedItsSide_isAnswered() throws IOException {
    try (RawClient client = connect()) {
      client.send(join(put("a", "1"), get("/kv/a"), get("/kv/b")));
      client.endSending();
      awaitAsked(1);
      answered.countDown();
      assertThat(client.receive(false).status()).isEqualTo(201);
      assertThat(client.receive(false).text()).isEqualTo("1");
      assertThat(client.receive(false).status()).isEqualTo(404);
      assertThat(client.rest()).isEmpty();
    }
  }

  /** A body that nobody asked for is neither called for nor waited for. */
  @Test
  void aBodyThatNobodyWants_isNotAskedFor() throws IOException {
    try (RawClient client = connect()) {
      client.send(head("GET /kv/a", 5, "Expect: 100-continue"));
      awaitAsked(1);
      answered.countDown();
      RawAnswer answer = client.receive(false);
      assertThat(answer.status()).isEqualTo(404);
      assertThat(answer.values("Connection")).containsExactly("close");
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void aBodyThatNobodyWants_isPassedOver() throws IOException {
    try (RawClient client = connect()) {
      client.send(join(head("GET /kv/a", 20_000), "x".repeat(10_000).getBytes(UTF_8)));
      awaitAsked(1);
      client.send("x".repeat(10_000).getBytes(UTF_8));
      client.send(get("/kv/b"));
      answered.countDown();
      assertThat(client.receive(false).status()).isEqualTo(404);
      assertThat(client.receive(false).status()).isEqualTo(404);
    }
  }
}
