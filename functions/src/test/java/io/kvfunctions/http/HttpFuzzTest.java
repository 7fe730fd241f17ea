package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.kvfunctions.Seed;
import io.kvfunctions.grid.TestGrid;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Sends what is no request, or no good one, and looks whether the server keeps its manners. */
class HttpFuzzTest {
  /** How many malformed requests are to be answered; a tenth of that by a grid. */
  private static final int REQUESTS = 100_000;

  /** How many of them go on one connection, at most. */
  private static final int AT_ONCE = 60;

  private static final int CONNECTIONS = 4;
  private static final int CANARIES = 50;
  private static final int PATIENCE_MILLIS = 30_000;

  private final AtomicInteger batches = new AtomicInteger();
  private final AtomicInteger sent = new AtomicInteger();
  private final AtomicInteger answered = new AtomicInteger();
  private final AtomicInteger brokenOff = new AtomicInteger();
  private final AtomicInteger[] statuses = new AtomicInteger[600];
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final Queue<String> errors = new ConcurrentLinkedQueue<>();

  private TestServer server;
  private int wanted;
  private long seed;
  private String secret;
  private String canary;

  @Test
  void whateverIsSent_everyAnswerIsOneOfHttp_andNothingElseIsTouched() throws Exception {
    try (TestServer alone = TestServer.start(Map.of())) {
      withstands(alone, REQUESTS);
    }
  }

  @Test
  void whateverIsSentToOneOfSeveral_isAnsweredLikewise() throws Exception {
    try (TestGrid grid = TestGrid.start(Map.of())) {
      withstands(grid.servers().getFirst(), REQUESTS / 10);
    }
  }

  private void withstands(TestServer attacked, int requests) throws Exception {
    server = attacked;
    wanted = requests;
    seed = Seed.forTest("HttpFuzzTest");
    RandomGenerator random = generator(-1);
    secret = "s" + HexFormat.of().toHexDigits(random.nextLong());
    canary = "canary" + HexFormat.of().toHexDigits(random.nextLong());
    for (int i = 0; i < statuses.length; i++) {
      statuses[i] = new AtomicInteger();
    }
    Logger log = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    ErrorsOf appender = new ErrorsOf(errors);
    appender.start();
    log.addAppender(appender);
    try {
      List<String> before = writeCanaries();
      attack();
      System.out.println(summary());
      assertThat(readCanaries()).isEqualTo(before);
      assertThat(ask("GET /readyz", "").status()).isEqualTo(200);
      assertThat(errors).as("what the server logs as its errors").isEmpty();
      Server http = server.context().getBean(Server.class);
      Await.until("no request is in flight", () -> http.inFlight() == 0);
      Await.until("all connections are closed", () -> gauge("kv.connections") == 0);
      Await.until("no body is held", () -> gauge("kv.buffered") == 0);
    } finally {
      log.detachAppender(appender);
    }
  }

  private void attack() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      threads.add(Thread.ofPlatform().name("fuzz-" + i).start(this::attackUntilDone));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    if (failure.get() != null) {
      throw new AssertionError(failure.get().getMessage(), failure.get());
    }
  }

  private void attackUntilDone() {
    while (answered.get() < wanted && failure.get() == null) {
      int number = batches.getAndIncrement();
      Batch batch = new Batch(generator(number));
      byte[] received = new byte[0];
      try {
        received = exchange(batch);
        check(batch, received);
      } catch (IOException | RuntimeException | AssertionError e) {
        failure.compareAndSet(
            null,
            new AssertionError(
                "-Dkv.seed=%d, batch %d: %s%n%nsent:%n%s%n%nreceived:%n%s"
                    .formatted(seed, number, e.getMessage(), show(batch.bytes), show(received)),
                e));
      }
    }
  }

  private RandomGenerator generator(int number) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed * 31 + number);
  }

  /** What is sent on one connection. */
  private final class Batch {
    final byte[] bytes;
    final int requests;
    final int framed;
    final int pieces;

    /** How many answers may be without the body that their fields tell of. */
    final int heads;

    Batch(RandomGenerator random) {
      Mutations mutations = new Mutations(random, secret);
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      framed = random.nextInt(AT_ONCE);
      for (int i = 0; i < framed; i++) {
        all.writeBytes(mutations.framed());
      }
      int broken = 1 + random.nextInt(3);
      for (int i = 0; i < broken; i++) {
        byte[] request = random.nextInt(8) == 0 ? mutations.garbage() : mutations.broken();
        all.writeBytes(
            i == broken - 1 && random.nextBoolean() ? mutations.truncated(request) : request);
      }
      bytes = all.toByteArray();
      requests = framed + broken;
      pieces = random.nextInt(3) == 0 ? 1 + random.nextInt(5) : 1;
      heads = new String(bytes, ISO_8859_1).split("HEAD", -1).length - 1;
    }
  }

  /** Sends the batch, ends the client's side, and reads to the end of the server's. */
  private byte[] exchange(Batch batch) throws IOException {
    try (Socket socket = new Socket()) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
      Thread.startVirtualThread(
          () -> {
            try {
              int size = Math.ceilDiv(Math.max(1, batch.bytes.length), batch.pieces);
              for (int at = 0; at < batch.bytes.length; at += size) {
                int length = Math.min(size, batch.bytes.length - at);
                socket.getOutputStream().write(batch.bytes, at, length);
              }
              socket.shutdownOutput();
            } catch (IOException serverHasHungUp) {
              // What it answered before tells why.
            }
          });
      ByteArrayOutputStream received = new ByteArrayOutputStream();
      try {
        InputStream in = socket.getInputStream();
        byte[] buffer = new byte[16 * 1024];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          received.write(buffer, 0, read);
        }
      } catch (SocketTimeoutException e) {
        throw new IOException("the connection hangs, after:\n" + show(received.toByteArray()), e);
      } catch (SocketException reset) {
        brokenOff.incrementAndGet(); // of an answer that broke off: check() sees which
      }
      return received.toByteArray();
    }
  }

  /** An answer, and whether it was one to a HEAD. */
  private record Parsed(RawAnswer answer, boolean head) {}

  private void check(Batch batch, byte[] received) throws IOException {
    List<Parsed> answers = parse(received, 0, batch.heads, batch);
    int last = answers.size() - 1;
    for (int i = 0; i <= last; i++) {
      check(answers.get(i), i == last);
    }
    long whole = answers.stream().filter(one -> one.answer().status() >= 200).count();
    if (whole < batch.framed && answers.isEmpty()) {
      throw new AssertionError("no answer");
    }
    if (whole < batch.framed
        && !answers.getLast().answer().values("Connection").contains("close")) {
      throw new AssertionError(
          "%d answers to %d requests, and no word of an end".formatted(whole, batch.framed));
    }
    sent.addAndGet(batch.requests);
    answered.addAndGet((int) whole);
  }

  /**
   * Reads answers one behind the other. Which of them are answers to a HEAD only shows in what
   * comes behind them: after such a mess only the server knows what a request was.
   */
  private List<Parsed> parse(byte[] bytes, int from, int heads, Batch batch) throws IOException {
    if (from == bytes.length) {
      return new ArrayList<>();
    }
    IOException failed;
    try {
      return parseWith(bytes, from, heads, batch, false);
    } catch (IOException e) {
      failed = e;
    }
    if (heads > 0) {
      try {
        return parseWith(bytes, from, heads - 1, batch, true);
      } catch (IOException e) {
        failed.addSuppressed(e);
      }
    }
    String rest = new String(bytes, from, bytes.length - from, ISO_8859_1);
    if (failed instanceof EOFException && mayBreakOff(rest)) {
      brokenOff.incrementAndGet();
      return new ArrayList<>(
          List.of(
              new Parsed(
                  RawAnswer.read(new ByteArrayInputStream(bytes, from, bytes.length - from), true),
                  true)));
    }
    throw failed;
  }

  private List<Parsed> parseWith(byte[] bytes, int from, int heads, Batch batch, boolean head)
      throws IOException {
    ByteArrayInputStream in = new ByteArrayInputStream(bytes, from, bytes.length - from);
    RawAnswer answer = RawAnswer.read(in, head);
    if (answer.text().startsWith("HTTP/1.1 ")) {
      throw new ProtocolException("a body that is the next answer: this one was to a HEAD");
    }
    List<Parsed> answers = parse(bytes, bytes.length - in.available(), heads, batch);
    answers.addFirst(new Parsed(answer, head));
    return answers;
  }

  /** A body in lines broke: what has been answered of it cannot be taken back. */
  private static boolean mayBreakOff(String answer) {
    return answer.startsWith("HTTP/1.1 200 ")
        && answer.contains("transfer-encoding: chunked\r\n")
        && !answer.contains("\r\n0\r\n\r\n");
  }

  private void check(Parsed parsed, boolean isLast) {
    RawAnswer answer = parsed.answer();
    int status = answer.status();
    statuses[status].incrementAndGet();
    assertThat(status).as("the status of%n%s", answer).isLessThan(500);
    String head = answer.headers().toString();
    assertThat(head).as("a head").doesNotContain(secret).doesNotContain(canary);
    assertThat(answer.headers())
        .as("the fields of%n%s", answer)
        .noneMatch(field -> field.name().toLowerCase(Locale.ROOT).startsWith("ce-"));
    boolean close = answer.values("Connection").contains("close");
    if (status >= 200) {
      assertThat(answer.values("Date")).as("the Date of%n%s", answer).hasSize(1);
      assertThat(close && !isLast).as("whether there is more behind the last answer").isFalse();
      assertThat(answer.endsWithConnection() && !close)
          .as("whether the end of the body is left open by%n%s", answer)
          .isFalse();
    }
    if (status >= 400) {
      assertThat(answer.values("Content-Type"))
          .as("the type of%n%s", answer)
          .containsExactly("application/problem+json");
      if (!parsed.head()) {
        checkProblem(answer);
      }
    } else if (!parsed.head()
        && status == 200
        && answer.values("ETag").isEmpty()
        && !answer.endsWithConnection()) {
      checkJson(answer);
    }
  }

  private void checkProblem(RawAnswer answer) {
    assertThat(answer.text()).as("a problem").doesNotContain(secret).doesNotContain(canary);
    JsonNode problem = json(answer.text(), answer);
    for (String name : List.of("type", "title", "detail")) {
      assertThat(problem.path(name).asString("")).as("%s of%n%s", name, answer).isNotBlank();
    }
    assertThat(problem.path("status").asInt(0))
        .as("status in%n%s", answer)
        .isEqualTo(answer.status());
  }

  private static void checkJson(RawAnswer answer) {
    List<String> types = answer.values("Content-Type");
    if (types.contains("application/json")) {
      json(answer.text(), answer).forEach(one -> checkNoFailure(one, answer));
    } else if (types.contains("application/x-ndjson")) {
      answer.text().lines().forEach(line -> checkNoFailure(json(line, answer), answer));
    }
  }

  private static void checkNoFailure(JsonNode result, RawAnswer answer) {
    if (result.isObject() && result.has("type")) {
      assertThat(result.path("status").asInt(0)).as("status in%n%s", answer).isBetween(400, 499);
    }
  }

  private static JsonNode json(String text, RawAnswer answer) {
    try {
      return OpenApi.JSON.readTree(text);
    } catch (JacksonException e) {
      throw new AssertionError("no JSON: " + answer, e);
    }
  }

  // ---- what nobody may touch

  private List<String> writeCanaries() throws IOException {
    for (int i = 0; i < CANARIES; i++) {
      assertThat(ask("PUT /kv/" + canary + "/" + i, "value " + i).status()).isEqualTo(201);
    }
    return readCanaries();
  }

  private List<String> readCanaries() throws IOException {
    List<String> all = new ArrayList<>();
    all.add(withoutDate(ask("GET /kv?values=true&limit=1000&prefix=" + canary, "")));
    for (int i = 0; i < CANARIES; i++) {
      all.add(withoutDate(ask("GET /kv/" + canary + "/" + i, "")));
    }
    return all;
  }

  private RawAnswer ask(String line, String body) throws IOException {
    try (RawClient client = new RawClient("127.0.0.1", server.port())) {
      client.send(
          "%s HTTP/1.1\r\nHost: localhost\r\nX-Secret: %s\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(line, secret, body.length(), body)
              .getBytes(UTF_8));
      RawAnswer answer = client.receive(false);
      assertThat(answer.toString()).doesNotContain(secret);
      return answer;
    }
  }

  private static String withoutDate(RawAnswer answer) {
    return answer.toString().replaceFirst("(?i)\ndate: [^\n]*", "");
  }

  private double gauge(String name) {
    return server.context().getBean(MeterRegistry.class).get(name).gauge().value();
  }

  private String summary() {
    StringBuilder text =
        new StringBuilder(
            "HttpFuzzTest: %d requests on %d connections, %d answers, %d broken off:"
                .formatted(sent.get(), batches.get(), answered.get(), brokenOff.get()));
    for (int i = 0; i < statuses.length; i++) {
      if (statuses[i].get() > 0) {
        text.append(" %d×%d".formatted(statuses[i].get(), i));
      }
    }
    return text.toString();
  }

  /** Every byte, as a Java string would have it. */
  private static String show(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte b : bytes) {
      switch (b) {
        case '\r' -> text.append("\\r");
        case '\n' -> text.append("\\n\n");
        case '\\' -> text.append("\\\\");
        default -> text.append(b >= ' ' && b < 0x7f ? "" + (char) b : "\\x%02x".formatted(b));
      }
    }
    return text.toString();
  }

  /** Keeps what is logged as an error. */
  private static final class ErrorsOf extends AppenderBase<ILoggingEvent> {
    private final Queue<String> errors;

    ErrorsOf(Queue<String> errors) {
      this.errors = errors;
    }

    @Override
    protected void append(ILoggingEvent event) {
      if (event.getLevel().isGreaterOrEqual(Level.WARN)) {
        Object cause =
            event.getThrowableProxy() == null ? "" : event.getThrowableProxy().getMessage();
        errors.add(event.getLoggerName() + ": " + event.getFormattedMessage() + " " + cause);
      }
    }
  }
}
