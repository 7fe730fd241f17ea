package io.kvfunctions.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.functions.Put;
import io.kvfunctions.store.Condition.Presence;
import io.kvfunctions.store.ContentType;
import io.kvfunctions.store.TimeToLive;
import io.kvfunctions.store.Value;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that take long, take much or take nothing: none of them keeps what others need. */
@ParameterizedClass
@EnumSource
class SlowClientTest {
  @Parameter TestMap map;

  private static final int MIB = 1 << 20;

  /** What 100,000 bytes of a body take while the rest is waited for: a buffer that has doubled. */
  private static final int GATHERED = 128 * 1024;

  private static final Duration READ_TIMEOUT = Duration.ofMillis(300);
  private static final Duration WRITE_TIMEOUT = Duration.ofMillis(400);
  private static final Duration IDLE_TIMEOUT = Duration.ofMillis(900);
  private static final Duration MOMENT = Duration.ofMillis(20);
  private static final Duration LONG = Duration.ofSeconds(30);

  /** Small time-outs, the limits as they are. */
  private static TestServer impatient;

  /** Small limits, the time-outs as they are. */
  private static TestServer small;

  @BeforeParameterizedClassInvocation
  static void start(TestMap map) {
    impatient =
        map.start(
            Map.of(
                "kv.http.read-timeout", "300ms",
                "kv.http.write-timeout", "400ms",
                "kv.http.idle-timeout", "900ms",
                "kv.limits.value", "16MB"));
    Put put = impatient.context().getBean(Put.class);
    for (int i = 0; i < 2; i++) { // beyond what the system's buffers hold for a client
      Value large = Value.copyOf(ByteBuffer.allocate(16 * MIB), ContentType.OCTET_STREAM);
      put.apply(new Put.Input("large" + i, large, TimeToLive.NONE, Presence.ANY));
    }
    small = map.start(Map.of("kv.http.connections", "6", "kv.limits.buffers", "400KB"));
  }

  @AfterParameterizedClassInvocation
  static void stop() {
    impatient.close();
    small.close();
  }

  @Test
  void headThatStandsStill_isAnswered408() throws IOException {
    try (SlowClient client = new SlowClient(impatient.port())) {
      client.send("GET /kv/a HTTP/1.1\r\nHost: local");
      assertTimedOut(client);
      assertThat(client.age()).isGreaterThan(READ_TIMEOUT);
    }
  }

  @Test
  void headThatTrickles_isAnswered408() throws IOException {
    try (SlowClient client = new SlowClient(impatient.port())) {
      client.send("GET /kv/a HTTP/1.1\r\nHost: localhost\r\nX: ");
      client.trickle("x", MOMENT, LONG);
      assertTimedOut(client);
      assertThat(client.age()).isGreaterThan(READ_TIMEOUT);
    }
  }

  @Test
  void headOfALaterRequestThatStandsStill_isAnswered408() throws IOException {
    try (SlowClient client = new SlowClient(impatient.port())) {
      client.send("GET /kv/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(client.receive().status()).isEqualTo(404);
      client.send("GET /kv/a HTTP/1.1\r\nHost: local");
      assertTimedOut(client);
    }
  }

  @Test
  void bodyThatStandsStill_isAnswered408_andLetsGoOfWhatItHeld() throws IOException {
    try (SlowClient client = new SlowClient(impatient.port())) {
      client.send(head("PUT /kv/a", "Content-Length: 50000") + "x".repeat(10_000));
      assertTimedOut(client);
      assertThat(client.age()).isGreaterThan(READ_TIMEOUT);
    }
    awaitGauge(impatient, "kv.buffered", 0);
  }

  @Test
  void bodyInChunksThatStandsStill_isAnswered408() throws IOException {
    try (SlowClient client = new SlowClient(impatient.port())) {
      client.send(head("PUT /kv/a", "Transfer-Encoding: chunked") + "5\r\nhal");
      assertTimedOut(client);
    }
  }

  @Test
  void bodyThatIsWaitedForAndNeverBegins_isAnswered408() throws IOException {
    try (SlowClient client = new SlowClient(impatient.port())) {
      client.send(head("PUT /kv/a", "Content-Length: 5", "Expect: 100-continue"));
      assertThat(client.receive().status()).isEqualTo(100);
      assertTimedOut(client);
    }
  }

  /** Every byte comes in time, and all of them would take an hour. */
  @Test
  void bodyBelowTheLeastRate_isAnswered408() throws IOException {
    try (SlowClient client = new SlowClient(impatient.port())) {
      client.send(head("PUT /kv/a", "Content-Length: 200000"));
      client.trickle("x", MOMENT, LONG);
      assertTimedOut(client);
      assertThat(client.age()).isGreaterThan(READ_TIMEOUT);
    }
  }

  @Test
  void linesThatStandStillBeforeTheFirstIsWhole_areAnswered408() throws IOException {
    try (SlowClient client = new SlowClient(impatient.port())) {
      client.send(
          head("POST /put", "Content-Type: application/x-ndjson", "Content-Length: 100")
              + "{\"key\":");
      assertTimedOut(client);
      assertThat(client.age()).isGreaterThan(READ_TIMEOUT);
    }
  }

  /** The status has gone out, all that is left to tell it by is an answer without its end. */
  @Test
  void linesThatStandStillAfterTheFirstAnswer_breakOff() throws IOException {
    try (SlowClient client = new SlowClient(impatient.port())) {
      client.send(
          head("POST /put", "Content-Type: application/x-ndjson", "Content-Length: 100")
              + "{\"key\":\"line\",\"value\":\"v\"}\n");
      client.receiveTo("\"created\":true}");
      assertThat(client.rest()).isLessThan(5); // not the end of the chunks
      assertThat(client.age()).isGreaterThan(READ_TIMEOUT);
    }
  }

  @Test
  void bodyAboveTheLeastRate_mayTakeLongerThanTheReadTimeout() throws IOException {
    try (TestServer server = map.start(Map.of("kv.http.read-timeout", "1s"));
        SlowClient client = new SlowClient(server.port())) {
      client.send(head("PUT /kv/a", "Transfer-Encoding: chunked"));
      String chunk = "400\r\n" + "x".repeat(1024) + "\r\n";
      int sent = client.trickle(chunk, MOMENT, Duration.ofMillis(1_700));
      client.send("0\r\n\r\n");
      assertThat(client.receive().status()).isEqualTo(201);
      assertThat(sent).isGreaterThan(1);
    }
  }

  @Test
  void clientThatTakesNothingOfALargeValue_isClosed() throws IOException {
    awaitGauge(impatient, "kv.connections", 0);
    try (SlowClient client = new SlowClient(impatient.port())) {
      client.send(head("GET /kv/large0"));
      awaitGauge(impatient, "kv.connections", 1);
      awaitGauge(impatient, "kv.connections", 0);
      assertThat(client.age()).isGreaterThan(WRITE_TIMEOUT);
      assertThat(client.rest()).isLessThan(16 * MIB);
    }
  }

  /** Heads were not counted as taken: who took nothing but heads, if many, was cut off. */
  @Test
  void clientThatTakesSmallAnswersSteadily_getsThemAll() throws Exception {
    int requests = 100_000;
    try (TestServer server =
            map.start(Map.of("kv.http.write-timeout", "1s", "kv.http.min-rate", "100KB"));
        SlowClient client = new SlowClient(server.port())) {
      Thread sender =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      client.send(head("HEAD /kv/nothing").repeat(requests));
                      client.endSending();
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  });
      int sipped = client.sip(64 * 1024, MOMENT, Duration.ofSeconds(3));
      int rest = client.rest();
      sender.join();
      assertThat((sipped + rest) / requests).isBetween(100, 300); // bytes of an answer
      assertThat((sipped + rest) % requests).isZero();
    }
  }

  @Test
  void clientThatTakesNothingOfAnExport_isClosed() throws IOException {
    awaitGauge(impatient, "kv.connections", 0);
    try (SlowClient client = new SlowClient(impatient.port())) {
      client.send(head("GET /kv?values=true", "Accept: application/x-ndjson"));
      awaitGauge(impatient, "kv.connections", 1);
      awaitGauge(impatient, "kv.connections", 0);
      assertThat(client.age()).isGreaterThan(WRITE_TIMEOUT);
      assertThat(client.rest()).isLessThan(16 * MIB);
    }
    awaitGauge(impatient, "kv.buffered", 0);
  }

  @Test
  void connectionThatNeverAsks_isClosed() throws IOException {
    try (SlowClient client = new SlowClient(impatient.port())) {
      assertThat(client.rest()).isZero();
      assertThat(client.age()).isGreaterThan(IDLE_TIMEOUT);
    }
    awaitGauge(impatient, "kv.connections", 0);
  }

  @Test
  void connectionThatAsksNoMore_isClosed() throws IOException {
    try (SlowClient client = new SlowClient(impatient.port())) {
      client.send(head("GET /kv/nothing"));
      assertThat(client.receive().status()).isEqualTo(404);
      assertThat(client.rest()).isZero();
      assertThat(client.age()).isGreaterThan(IDLE_TIMEOUT);
    }
  }

  @Test
  void oneConnectionTooMany_isToldSoAndClosed_andAPlaceThatIsFreeAgainIsTaken() throws IOException {
    awaitGauge(small, "kv.connections", 0);
    List<SlowClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 6; i++) {
        clients.add(new SlowClient(small.port()));
        clients.getLast().send(head("GET /kv/nothing"));
        assertThat(clients.getLast().receive().status()).isEqualTo(404);
      }
      double refused = refused("connections");
      try (SlowClient tooMany = new SlowClient(small.port())) {
        assertUnavailable(tooMany.receive());
        assertThat(tooMany.rest()).isZero();
      }
      assertThat(refused("connections")).isEqualTo(refused + 1);
      awaitGauge(small, "kv.connections", 6);
      clients.removeFirst().close();
      awaitGauge(small, "kv.connections", 5);
      clients.add(new SlowClient(small.port()));
      for (SlowClient client : clients) {
        client.send(head("GET /kv/nothing"));
        assertThat(client.receive().status()).isEqualTo(404);
      }
    } finally {
      closeAll(clients);
    }
  }

  @Test
  void bodiesThatStandStill_holdNoMoreThanTheyMayTogether() throws IOException {
    awaitGauge(small, "kv.connections", 0);
    List<SlowClient> clients = new ArrayList<>();
    try {
      for (int i = 1; i <= 3; i++) {
        clients.add(new SlowClient(small.port()));
        clients
            .getLast()
            .send(head("PUT /kv/held", "Content-Length: 1000000") + "x".repeat(100 * 1000));
        awaitGauge(small, "kv.buffered", i * GATHERED);
      }
      double refused = refused("buffers");
      try (SlowClient tooMany = new SlowClient(small.port())) {
        tooMany.send(head("PUT /kv/held", "Content-Length: 1000000") + "x".repeat(100 * 1000));
        assertUnavailable(tooMany.receive());
        assertThat(tooMany.rest()).isZero();
      }
      assertThat(refused("buffers")).isEqualTo(refused + 1);
      awaitGauge(small, "kv.buffered", 3 * GATHERED);
    } finally {
      closeAll(clients);
    }
    awaitGauge(small, "kv.buffered", 0);
    try (SlowClient client = new SlowClient(small.port())) {
      client.send(head("PUT /kv/held", "Content-Length: 250000") + "x".repeat(250_000));
      assertThat(client.receive().status()).isEqualTo(201);
    }
    awaitGauge(small, "kv.buffered", 0);
  }

  @Test
  void headerFieldsThatAreTooLarge_areAnswered431() throws IOException {
    try (SlowClient client = new SlowClient(small.port())) {
      client.send(head("GET /kv/a", "X: " + "x".repeat(17 * 1024)));
      assertThat(client.receive().status()).isEqualTo(431);
      assertThat(client.rest()).isZero();
    }
  }

  @Test
  void targetThatIsTooLong_isAnswered414() throws IOException {
    try (SlowClient client = new SlowClient(small.port())) {
      client.send(head("GET /kv/" + "x".repeat(9 * 1024)));
      assertThat(client.receive().status()).isEqualTo(414);
      assertThat(client.rest()).isZero();
    }
  }

  @Test
  void bodyAnnouncedTooLarge_isRefusedBeforeItIsSent() throws IOException {
    for (List<String> expect : List.of(List.<String>of(), List.of("Expect: 100-continue"))) {
      try (SlowClient client = new SlowClient(small.port())) {
        List<String> fields = new ArrayList<>(expect);
        fields.add("Content-Length: 1048577");
        client.send(head("PUT /kv/a", fields.toArray(String[]::new)));
        RawAnswer answer = client.receive();
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.text()).contains("value-too-large").contains("kv.limits.value");
        assertThat(answer.values("Connection")).containsExactly("close");
        assertThat(client.rest()).isZero();
      }
    }
  }

  private static void assertTimedOut(SlowClient client) throws IOException {
    RawAnswer answer = client.receive();
    assertThat(answer.status()).isEqualTo(408);
    assertThat(answer.text()).contains("request-timeout");
    assertThat(answer.values("Connection")).containsExactly("close");
    assertThat(client.rest()).isZero();
  }

  private static void assertUnavailable(RawAnswer answer) {
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.text()).contains("unavailable");
    assertThat(answer.values("Retry-After")).containsExactly("1");
    assertThat(answer.values("Connection")).containsExactly("close");
  }

  private static void awaitGauge(TestServer server, String name, double value) {
    MeterRegistry registry = server.context().getBean(MeterRegistry.class);
    Await.until(name + " is " + value, () -> registry.get(name).gauge().value() == value);
  }

  private static double refused(String reason) {
    return small
        .context()
        .getBean(MeterRegistry.class)
        .get("kv.refused")
        .tag("reason", reason)
        .functionCounter()
        .count();
  }

  private static void closeAll(List<SlowClient> clients) throws IOException {
    for (SlowClient client : clients) {
      client.close();
    }
  }

  private static String head(String line, String... fields) {
    StringBuilder head = new StringBuilder(line).append(" HTTP/1.1\r\nHost: localhost\r\n");
    for (String field : fields) {
      head.append(field).append("\r\n");
    }
    return head.append("\r\n").toString();
  }
}
