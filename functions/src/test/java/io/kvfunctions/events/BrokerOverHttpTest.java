package io.kvfunctions.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Seed;
import io.kvfunctions.grid.TestGrid;
import io.kvfunctions.http.RawAnswer;
import io.kvfunctions.http.RawClient;
import io.kvfunctions.http.TestServer;
import io.kvfunctions.store.Store;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Events as a broker delivers them, over real connections: in binary mode, again after every answer
 * after which a Knative Trigger tries again, and after none, which it may get because the
 * connection broke.
 */
class BrokerOverHttpTest {
  private static final int STREAMS = 1_000;
  private static final int STREAMS_TO_A_GRID = 100;
  private static final long BUDGET = 100_000;

  @Test
  void whateverABrokerDoes_everyKeyHoldsWhatTheNewestEventForItSaid() throws Exception {
    long seed = Seed.forTest("BrokerOverHttpTest");
    try (TestServer server = TestServer.start(Map.of("kv.limits.memory", BUDGET + "B"))) {
      AtomicInteger refused = new AtomicInteger();
      for (int i = 0; i < STREAMS; i++) {
        try (OverHttp broker = new OverHttp(List.of(server), "stream-" + i + "/", refused)) {
          broker.begin(i % 4 == 0);
          new Playback(seed + i).run(broker);
          broker.end();
        }
      }
      assertThat(refused.get()).as("deliveries for which there was no room").isPositive();
    }
  }

  @Test
  void theSame_whicheverInstanceOfAGridIsAsked() throws Exception {
    long seed = Seed.forTest("BrokerOverHttpTest");
    try (TestGrid grid = TestGrid.start(Map.of())) {
      AtomicInteger refused = new AtomicInteger();
      for (int i = 0; i < STREAMS_TO_A_GRID; i++) {
        try (OverHttp broker = new OverHttp(grid.servers(), "stream-" + i + "/", refused)) {
          new Playback(seed + i).run(broker);
          broker.end();
        }
      }
      assertThat(refused.get()).as("deliveries that were refused").isZero();
    }
  }

  private static final class OverHttp implements Delivery, AutoCloseable {
    private static final String FILLER = "filler";

    /** After one of so many deliveries the connection breaks before the answer. */
    private static final int BROKEN = 32;

    private final List<TestServer> servers;
    private final String prefix; // a delivery may come in when its stream has ended
    private final AtomicInteger refused;
    private final AtomicInteger deliveries = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();
    private final Queue<RawClient> idle = new ConcurrentLinkedQueue<>();

    /**
     * @param servers that share one store and one clock
     */
    OverHttp(List<TestServer> servers, String prefix, AtomicInteger refused) {
      this.servers = servers;
      this.prefix = prefix;
      this.refused = refused;
    }

    /** Lets the store have no room at first, perhaps. */
    void begin(boolean full) throws IOException {
      if (full) {
        Store store = servers.getFirst().context().getBean(Store.class);
        int rest = (int) (BUDGET - store.budget().usedBytes()) - 400;
        assertThat(ask("PUT /kv/" + FILLER, "", "x".repeat(rest)).status()).isEqualTo(201);
      }
    }

    /** Has the store forget the stream. */
    void end() throws IOException {
      ask("DELETE /kv/" + FILLER, "", "");
      for (int key = 0; key < 5; key++) {
        ask("DELETE /kv/" + prefix + "key/" + key, "", "");
      }
      servers.getFirst().clock().move(Duration.ofHours(1));
      servers.forEach(server -> server.context().getBean(Store.class).sweep(1_000));
    }

    @Override
    public Answer deliver(RecordedEvent event) throws IOException {
      int count = deliveries.incrementAndGet();
      if (count == 20) {
        ask("DELETE /kv/" + FILLER, "", "");
      }
      String line = event.kind() == RecordedEvent.Kind.DELETE ? "POST /delete" : "POST /put";
      String type =
          event.kind() == RecordedEvent.Kind.TOMBSTONE ? "dev.knative.kafka.event" : "example";
      String fields =
          "ce-specversion: 1.0\r\nce-type: %s\r\nce-source: %s\r\nce-id: %s\r\nce-time: %s\r\nce-key: %s\r\n"
              .formatted(
                  type, RecordedEvent.SOURCE, event.id(), event.time(), prefix + event.key());
      String data = event.value() == null ? "" : event.value();
      if (count % BROKEN == 0) {
        try (RawClient client = connect()) {
          client.send(request(line, fields, data));
          client.hangUp();
        }
        return Answer.NONE;
      }
      RawAnswer answer = ask(line, fields, data);
      return switch (answer.status()) {
        case 204 -> Answer.valueOf(answer.values("KV-Event").getFirst().toUpperCase(Locale.ROOT));
        case 503 -> {
          refused.incrementAndGet();
          assertThat(answer.values("Retry-After")).hasSize(1);
          yield Answer.RETRY;
        }
        case 404, 408, 409, 429, 500, 502, 504 -> Answer.RETRY;
        default -> Answer.REFUSED;
      };
    }

    @Override
    public String read(String key) throws IOException {
      RawAnswer answer = ask("GET /kv/" + prefix + key, "", "");
      return answer.status() == 404 ? null : answer.text();
    }

    private RawAnswer ask(String line, String fields, String body) throws IOException {
      RawClient client = idle.poll();
      if (client == null) {
        client = connect();
      }
      client.send(request(line, fields, body));
      RawAnswer answer = client.receive(false);
      idle.add(client);
      return answer;
    }

    private RawClient connect() throws IOException {
      int next = connections.getAndIncrement() % servers.size();
      return new RawClient("127.0.0.1", servers.get(next).port());
    }

    private static byte[] request(String line, String fields, String body) {
      return "%s HTTP/1.1\r\nHost: kv\r\n%sContent-Length: %d\r\n\r\n%s"
          .formatted(line, fields, body.length(), body)
          .getBytes(UTF_8);
    }

    @Override
    public void close() throws IOException {
      for (RawClient client : idle) {
        client.close();
      }
    }
  }
}
