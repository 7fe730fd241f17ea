package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Application;
import io.kvfunctions.store.UnavailableEntries;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import tools.jackson.databind.node.ObjectNode;

/**
 * The OpenAPI document is one, and it and the server agree: whatever is answered is in it, and
 * whatever is in it has been answered. The exchanges are those of the contract in {@code
 * test-data/}, and a few more that it has no case for.
 */
class OpenApiTest {
  private static final OpenApi DOCUMENT = OpenApi.shipped();

  private static final String FAULT = "the clock has stopped";

  private static final List<Exchange> EXCHANGES = new ArrayList<>();
  private static final Agreement AGREEMENT = new Agreement(DOCUMENT);
  private static final Set<String> DISAGREEMENTS = new TreeSet<>();

  @BeforeAll
  static void exchange() throws IOException {
    Map<Map<String, String>, TestServer> servers = new HashMap<>();
    try {
      for (String folder : List.of("http", "functions", "events")) {
        for (ContractCase one : TestData.cases(folder)) {
          replay(one, servers.computeIfAbsent(one.settings(), TestServer::start));
        }
      }
    } finally {
      servers.values().forEach(TestServer::close);
    }
    unwell();
    overrun();
    faulty();
    unavailable();
    EXCHANGES.forEach(exchange -> DISAGREEMENTS.addAll(AGREEMENT.disagreements(exchange)));
  }

  @AfterAll
  static void forget() {
    EXCHANGES.clear();
  }

  private static void replay(ContractCase one, TestServer server) throws IOException {
    try (Recorder recorder = new Recorder(server.port())) {
      ContractTarget target =
          ContractTarget.one("127.0.0.1", recorder.port(), server.target().clock());
      try {
        new ContractRunner(target).run(one);
      } catch (AssertionError differs) {
        // ContractTest tells of it, and what was exchanged until then counts.
      }
      recorder.drain(EXCHANGES::add);
    }
  }

  /** A store that says of itself that it is unwell. */
  private static void unwell() throws IOException {
    try (TestServer server = TestServer.start(Map.of())) {
      AvailabilityChangeEvent.publish(server.context(), LivenessState.BROKEN);
      AvailabilityChangeEvent.publish(server.context(), ReadinessState.REFUSING_TRAFFIC);
      for (String path : List.of("/livez", "/readyz")) {
        record(server.port(), "GET " + path);
        record(server.port(), "HEAD " + path);
      }
    }
  }

  /** A store that has one connection too many, which is told so and closed. */
  private static void overrun() throws IOException {
    try (TestServer server = TestServer.start(Map.of("kv.http.connections", "1"));
        RawClient first = new RawClient("127.0.0.1", server.port());
        Recorder recorder = new Recorder(server.port())) {
      first.send(request("GET /kv"));
      first.receive(false);
      try (RawClient second = new RawClient("127.0.0.1", recorder.port())) {
        assertThat(second.receive(false).values("Connection")).containsExactly("close");
        assertThat(second.rest()).isEmpty();
      }
      recorder.drain(EXCHANGES::add);
    }
  }

  /** A store whose clock fails. */
  private static void faulty() throws IOException {
    AtomicBoolean fails = new AtomicBoolean();
    InstantSource clock =
        () -> {
          if (fails.get()) {
            throw new IllegalStateException(FAULT);
          }
          return Instant.EPOCH;
        };
    SpringApplication application = new SpringApplication(Application.class);
    application.addInitializers(
        context ->
            ((GenericApplicationContext) context)
                .registerBean(InstantSource.class, () -> clock, bean -> bean.setPrimary(true)));
    try (ConfigurableApplicationContext context =
        application.run(
            "--server.port=0", "--management.server.port=0", "--kv.expiry.interval=1h")) {
      fails.set(true);
      record(
          context.getEnvironment().getRequiredProperty("local.server.port", Integer.class),
          "PUT /kv/a");
      fails.set(false);
    }
  }

  /** A store whose entries cannot be had. */
  private static void unavailable() throws IOException {
    try (TestServer server =
        TestServer.start(Map.of(), entries -> new UnavailableEntries(entries).after(0))) {
      for (String line :
          List.of("GET /kv/a", "PUT /kv/a", "DELETE /kv/a", "GET /get/a", "GET /kv", "POST /get")) {
        record(server.port(), line);
        if (line.startsWith("GET ")) {
          record(server.port(), line.replace("GET", "HEAD"));
        }
      }
    }
  }

  private static void record(int port, String line) throws IOException {
    try (Recorder recorder = new Recorder(port)) {
      try (RawClient client = new RawClient("127.0.0.1", recorder.port())) {
        client.send(request(line));
        client.receive(line.startsWith("HEAD "));
      }
      recorder.drain(EXCHANGES::add);
    }
  }

  private static byte[] request(String line) {
    String key =
        line.startsWith("POST ")
            ? "Content-Type: text/plain\r\nContent-Length: 1\r\n\r\na"
            : "\r\n";
    return (line + " HTTP/1.1\r\nHost: localhost\r\n" + key).getBytes(UTF_8);
  }

  @Test
  void theDocumentIsOpenApi() {
    assertThat(DOCUMENT.faults()).isEmpty();
  }

  @Test
  void theDocumentHasTheVersionOfTheBuild() throws IOException {
    Properties build = new Properties();
    try (InputStream in = OpenApi.class.getResourceAsStream("/META-INF/build-info.properties")) {
      build.load(in);
    }
    assertThat(DOCUMENT.version()).isEqualTo(build.getProperty("build.version"));
  }

  @Test
  void theDocumentIsServedAsItIs() throws IOException {
    try (InputStream in = OpenApi.class.getResourceAsStream("/openapi.yaml")) {
      assertThat(EXCHANGES)
          .filteredOn(exchange -> exchange.toString().equals("GET /openapi.yaml → 200"))
          .isNotEmpty()
          .extracting(Exchange::responseBody)
          .containsOnly(new String(in.readAllBytes(), UTF_8));
    }
  }

  @Test
  void nothingIsAnsweredThatIsNotInTheDocument() {
    assertThat(EXCHANGES).isNotEmpty();
    assertThat(DISAGREEMENTS).isEmpty();
  }

  @Test
  void nothingIsInTheDocumentThatIsNotAnswered() {
    assertThat(AGREEMENT.unseen()).isEmpty();
  }

  @Test
  void aFaultIsToldWithoutItsInsides() {
    assertThat(EXCHANGES)
        .filteredOn(exchange -> exchange.status() == 500)
        .isNotEmpty()
        .allSatisfy(
            exchange ->
                assertThat(exchange.responseBody())
                    .doesNotContain(FAULT, "Exception", "io.kvfunctions"));
  }

  @Test
  void aDocumentThatLacksAStatusWouldBeFoundOut() {
    OpenApi lacking =
        DOCUMENT.changed(
            root -> ((ObjectNode) root.at("/paths/~1kv~1{key}/put/responses")).remove("412"));
    Agreement agreement = new Agreement(lacking);

    assertThat(EXCHANGES)
        .filteredOn(exchange -> exchange.status() == 412 && exchange.method().equals("PUT"))
        .isNotEmpty()
        .allMatch(
            exchange ->
                agreement
                    .disagreements(exchange)
                    .equals(List.of(exchange + ": the document does not have the status here")));
  }

  @Test
  void aDocumentThatPromisesTooMuchWouldBeFoundOut() {
    OpenApi promising =
        DOCUMENT.changed(
            root ->
                ((ObjectNode) root.at("/paths/~1kv~1{key}/delete/responses"))
                    .putObject("404")
                    .put("$ref", "#/components/responses/NoEntry"));
    Agreement agreement = new Agreement(promising);
    EXCHANGES.stream()
        .filter(exchange -> exchange.method().equals("DELETE"))
        .forEach(agreement::disagreements);

    assertThat(agreement.unseen())
        .contains("DELETE /kv/{key} 404 not-found")
        .doesNotContain("DELETE /kv/{key} 204");
  }
}
