package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Seed;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests sent ahead are answered as if each had waited for the answer before it. */
@ParameterizedClass
@EnumSource
class PipeliningTest {
  @Parameter TestMap map;

  /** More than the 128 that Netty's codec would let wait for their answers. */
  private static final int REQUESTS = 400;

  private static final int KEYS = 12;
  private static final String JSON = "application/json";
  private static final String NDJSON = "application/x-ndjson";

  private static TestServer server;
  private static RandomGenerator random;

  @BeforeParameterizedClassInvocation
  static void start(TestMap map) {
    server = map.start(Map.of());
    random = RandomGeneratorFactory.of("L64X128MixRandom").create(Seed.forTest("PipeliningTest"));
  }

  @AfterParameterizedClassInvocation
  static void stop() {
    server.close();
  }

  /** A request, and whether its answer has no body whatever its fields say. */
  private record Request(String line, String text) {
    byte[] bytes() {
      return text.getBytes(UTF_8);
    }

    boolean isHead() {
      return line.startsWith("HEAD ");
    }
  }

  @Test
  void requestsSentInOneGo_areAnsweredInOrder_asThoseSentOneByOne() throws IOException {
    List<Request> requests = mixedRequests();
    List<String> expected = oneByOne(requests);
    byte[] all = join(requests);
    assertSame("in one go", expected, ahead(requests, List.of(all)));
  }

  @Test
  void requestsSplitAnywhere_areAnsweredInOrder_asThoseSentOneByOne() throws IOException {
    for (int i = 0; i < 5; i++) {
      List<Request> requests = mixedRequests();
      List<String> expected = oneByOne(requests);
      byte[] all = join(requests);
      List<byte[]> pieces = new ArrayList<>();
      int most = 2 << random.nextInt(13); // from two bytes to what many requests take
      for (int at = 0; at < all.length; ) {
        int end = Math.min(all.length, at + 1 + random.nextInt(most));
        pieces.add(Arrays.copyOfRange(all, at, end));
        at = end;
      }
      assertSame("in pieces of up to " + most + " bytes", expected, ahead(requests, pieces));
    }
  }

  private static void assertSame(String how, List<String> expected, List<String> actual) {
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i)).as("answer %d, %s", i, how).isEqualTo(expected.get(i));
    }
  }

  private static List<String> oneByOne(List<Request> requests) throws IOException {
    clear();
    List<String> answers = new ArrayList<>();
    try (RawClient client = connect()) {
      for (Request request : requests) {
        client.send(request.bytes());
        answers.add(shown(request, client.receive(request.isHead())));
      }
    }
    return answers;
  }

  private static List<String> ahead(List<Request> requests, List<byte[]> pieces)
      throws IOException {
    clear();
    List<String> answers = new ArrayList<>();
    try (RawClient client = connect()) {
      pieces.forEach(client::send);
      client.endSending();
      for (Request request : requests) {
        answers.add(shown(request, client.receive(request.isHead())));
      }
      assertThat(client.rest()).as("what comes behind the last answer").isEmpty();
    }
    return answers;
  }

  private static final Set<String> NOT_COMPARED =
      Set.of("date", "etag", "content-length", "transfer-encoding");

  /**
   * Everything of an answer but what is new each time, and how its body is framed: that depends on
   * how much of the request there was when the answer began.
   */
  private static String shown(Request request, RawAnswer answer) {
    StringBuilder text = new StringBuilder(request.line()).append(" -> ").append(answer.status());
    for (RawAnswer.Header header : answer.headers()) {
      if (!NOT_COMPARED.contains(header.name().toLowerCase(Locale.ROOT))) {
        text.append('\n').append(header.name()).append(": ").append(header.value());
      }
    }
    return text.append("\n\n")
        .append(answer.text().replaceAll("(\"(etag|currentEtag)\":)\"[^\"]*\"", "$1\"\""))
        .toString();
  }

  /** Leaves the store as it was before the first request. */
  private static void clear() throws IOException {
    ByteArrayOutputStream requests = new ByteArrayOutputStream();
    for (int i = 0; i < KEYS; i++) {
      requests.writeBytes(request("DELETE /kv/key-" + i, "", "").bytes());
    }
    requests.writeBytes(request("GET /kv", "", "").bytes());
    try (RawClient client = connect()) {
      client.send(requests.toByteArray());
      for (int i = 0; i < KEYS; i++) {
        assertThat(client.receive(false).status()).isEqualTo(204);
      }
      assertThat(client.receive(false).text()).startsWith("{\"entries\":[]");
    }
  }

  private static List<Request> mixedRequests() {
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      requests.add(request(i));
    }
    return requests;
  }

  private static Request request(int number) {
    String key = key();
    String put = "{\"key\":\"%s\",\"value\":\"%s\"}".formatted(key, value(number));
    return switch (random.nextInt(20)) {
      case 0, 1 -> request("GET /kv/" + key, "", "");
      case 2, 3 -> request("PUT /kv/" + key, "text/plain", value(number));
      case 4 -> request("PUT /kv/" + key, "text/plain", value(number), "If-None-Match: *");
      case 5 -> request("DELETE /kv/" + key, "", "");
      case 6 -> request("HEAD /kv/" + key, "", "");
      case 7 -> request("POST /put", JSON, put);
      case 8 -> request("POST /get", JSON, "\"" + key + "\"");
      case 9 -> request("POST /delete", JSON, "[\"" + key + "\",\"" + key() + "\",\"\"]");
      case 10 -> request("POST /put", JSON, "[" + put + "," + put + ",7]");
      case 11 -> request("POST /put", NDJSON, put + "\n\n" + put + "\n{\n");
      case 12 -> request("POST /get", NDJSON, ("\"" + key() + "\"\n").repeat(20));
      case 13 -> chunked("PUT /kv/" + key, value(number));
      case 14 -> request("GET /kv?values=true&limit=" + (1 + random.nextInt(KEYS)), "", "");
      case 15 -> request("GET /kv", "", "", "Accept: " + NDJSON);
      case 16 -> request((random.nextBoolean() ? "HEAD " : "GET ") + "/livez", "", "");
      case 17 -> request("GET /nothing/" + number, "", "");
      case 18 -> request("PATCH /kv/" + key, "text/plain", "a body that nobody reads");
      default -> request("HEAD /kv", "", "");
    };
  }

  private static String key() {
    return "key-" + random.nextInt(KEYS);
  }

  /** Now and then one that goes out in several pieces. */
  private static String value(int number) {
    return ("value " + number + " ").repeat(random.nextInt(30) == 0 ? 20_000 : 1);
  }

  private static Request request(String line, String type, String body, String... headers) {
    StringBuilder text = new StringBuilder(line).append(" HTTP/1.1\r\nHost: localhost\r\n");
    for (String header : headers) {
      text.append(header).append("\r\n");
    }
    if (!type.isEmpty()) {
      text.append("Content-Type: ").append(type).append("\r\n");
      text.append("Content-Length: ").append(body.length()).append("\r\n");
    }
    return new Request(line, text.append("\r\n").append(body).toString());
  }

  private static Request chunked(String line, String body) {
    StringBuilder text = new StringBuilder(line).append(" HTTP/1.1\r\nHost: localhost\r\n");
    text.append("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int at = 0; at < body.length(); ) {
      int end = Math.min(body.length(), at + 1 + random.nextInt(10_000));
      text.append(Integer.toHexString(end - at)).append("\r\n");
      text.append(body, at, end).append("\r\n");
      at = end;
    }
    return new Request(line, text.append("0\r\n\r\n").toString());
  }

  private static byte[] join(List<Request> requests) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    requests.forEach(request -> all.writeBytes(request.bytes()));
    return all.toByteArray();
  }

  private static RawClient connect() throws IOException {
    return new RawClient("127.0.0.1", server.port());
  }
}
