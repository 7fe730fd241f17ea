package io.kvfunctions.linearizability;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kvfunctions.http.RawAnswer;
import io.kvfunctions.http.RawClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One client of a store: calls its functions as chance will have it, in every way they can be
 * called, and records what it was told. A call that gets no answer, or one that says that the
 * server failed or was not available, is recorded as unknown.
 */
final class Client implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.shared();

  private enum Way {
    RESOURCE,
    CALL,
    ARRAY,
    LINES,
    STREAM
  }

  private record Asked(String key, Call call) {}

  /** After so many requests, on average, it goes on with another server. */
  private static final int REQUESTS_TO_A_SERVER = 10;

  private final int number;
  private final List<InetSocketAddress> servers;
  private final List<String> keys;
  private final String prefix;
  private final RandomGenerator random;
  private final History history;
  private final Map<String, String> lastEtags = new HashMap<>();
  private InetSocketAddress server;
  private @Nullable RawClient connection;
  private int writes;

  /**
   * A client, not yet connected.
   *
   * @param servers those that it may ask, which should answer as if they were one
   * @param keys those it calls for, all of which begin with the prefix and no others do
   */
  Client(
      int number,
      List<InetSocketAddress> servers,
      List<String> keys,
      String prefix,
      RandomGenerator random,
      History history) {
    this.number = number;
    this.servers = List.copyOf(servers);
    this.server = servers.getFirst();
    this.keys = keys;
    this.prefix = prefix;
    this.random = random;
    this.history = history;
  }

  /** Makes a request, of one call or several. */
  void step() throws IOException {
    if (servers.size() > 1 && random.nextInt(REQUESTS_TO_A_SERVER) == 0) {
      close();
      server = servers.get(random.nextInt(servers.size()));
    }
    if (random.nextInt(100) == 0) {
      list();
      return;
    }
    int which = random.nextInt(100);
    String function = which < 40 ? "get" : which < 82 ? "put" : "delete";
    int how = random.nextInt(100);
    Way way =
        how < 60
            ? Way.RESOURCE
            : how < 80 ? Way.CALL : how < 90 ? Way.ARRAY : how < 97 ? Way.LINES : Way.STREAM;
    int calls = way == Way.RESOURCE || way == Way.CALL ? 1 : 2 + random.nextInt(4);
    List<Asked> asked = new ArrayList<>();
    for (int i = 0; i < calls; i++) {
      String key = keys.get(random.nextInt(keys.size()));
      asked.add(
          new Asked(
              key,
              switch (function) {
                case "get" -> new Call.Get();
                case "put" -> new Call.Put("c" + number + "-" + writes++, condition(key, true));
                default -> new Call.Delete(condition(key, false));
              }));
    }
    switch (way) {
      case RESOURCE -> resource(asked.getFirst());
      case CALL, ARRAY, LINES -> batch(way, function, asked);
      case STREAM -> stream(function, asked);
    }
  }

  /** A delete of nothing is not asked for. */
  private Call.Condition condition(String key, boolean orAbsent) {
    String etag = lastEtags.get(key);
    int which = random.nextInt(100);
    return which < 50 && etag != null
        ? Call.Condition.match(etag)
        : which < 70
            ? Call.Condition.ANY
            : which < 90 && orAbsent ? Call.Condition.ABSENT : Call.Condition.PRESENT;
  }

  private void record(
      Asked asked, Outcome outcome, long invoked, long answered, @Nullable Operation after) {
    history.add(number, asked.key(), asked.call(), outcome, invoked, answered, after);
    switch (outcome) {
      case Outcome.Found found -> lastEtags.put(asked.key(), found.etag());
      case Outcome.Stored stored -> lastEtags.put(asked.key(), stored.etag());
      case Outcome.Rejected(String etag) when etag != null -> lastEtags.put(asked.key(), etag);
      default -> {}
    }
  }

  // ---- as a resource

  private void resource(Asked asked) throws IOException {
    StringBuilder fields = new StringBuilder();
    Call.Condition condition = asked.call().condition();
    switch (condition.kind()) {
      case ANY -> {}
      case ABSENT -> fields.append("If-None-Match: *\r\n");
      case PRESENT -> fields.append("If-Match: *\r\n");
      case MATCH -> fields.append("If-Match: \"").append(condition.etag()).append("\"\r\n");
    }
    String known = lastEtags.get(asked.key());
    if (asked.call() instanceof Call.Get && known != null && random.nextInt(4) == 0) {
      fields.append("If-None-Match: \"").append(known).append("\"\r\n");
    }
    String method = "DELETE";
    byte[] body = {};
    switch (asked.call()) {
      case Call.Get get -> method = "GET";
      case Call.Put put -> {
        method = "PUT";
        body = put.value().getBytes(UTF_8);
        fields.append("Content-Type: text/plain\r\n");
        fields.append("Content-Length: ").append(body.length).append("\r\n");
      }
      case Call.Delete delete -> {}
    }
    long invoked = System.nanoTime();
    RawAnswer answer = exchange(method + " /kv/" + encode(asked.key()), fields, body);
    record(asked, outcome(answer), invoked, System.nanoTime(), null);
  }

  private static Outcome outcome(@Nullable RawAnswer answer) {
    if (answer == null) {
      return new Outcome.Unknown();
    }
    return switch (answer.status()) {
      case 200 -> new Outcome.Found(etag(answer), answer.text());
      case 304 -> new Outcome.Found(etag(answer), null);
      case 201 -> new Outcome.Stored(etag(answer), true);
      case 204 ->
          answer.values("ETag").isEmpty()
              ? new Outcome.Gone()
              : new Outcome.Stored(etag(answer), false);
      case 404 -> new Outcome.NotFound();
      case 412 -> new Outcome.Rejected(answer.values("ETag").isEmpty() ? null : etag(answer));
      case 500, 503 -> new Outcome.Unknown();
      default -> throw new AssertionError(answer.toString());
    };
  }

  private static String etag(RawAnswer answer) {
    return answer.values("ETag").getFirst().replace("\"", "");
  }

  // ---- as functions

  private void batch(Way way, String function, List<Asked> asked) throws IOException {
    List<String> inputs = asked.stream().map(Client::json).toList();
    String body =
        switch (way) {
          case ARRAY -> "[" + String.join(",", inputs) + "]";
          case LINES -> String.join("\n", inputs) + "\n";
          default -> inputs.getFirst();
        };
    byte[] bytes = body.getBytes(UTF_8);
    long invoked = System.nanoTime();
    RawAnswer answer =
        exchange(
            "POST /" + function,
            "Content-Type: application/%s\r\nContent-Length: %d\r\n"
                .formatted(way == Way.LINES ? "x-ndjson" : "json", bytes.length),
            bytes);
    long answered = System.nanoTime();
    List<Outcome> outcomes =
        answer == null || answer.status() == 500 || answer.status() == 503
            ? Collections.nCopies(asked.size(), new Outcome.Unknown())
            : results(way, answer).stream().map(Client::outcome).toList();
    if (outcomes.size() != asked.size()) {
      throw new AssertionError(body + " was answered with " + answer);
    }
    Map<String, Operation> before = new HashMap<>();
    for (int i = 0; i < asked.size(); i++) {
      String key = asked.get(i).key();
      record(asked.get(i), outcomes.get(i), invoked, answered, before.get(key));
    }
  }

  private static List<JsonNode> results(Way way, RawAnswer answer) {
    return switch (way) {
      case ARRAY -> List.copyOf(JSON.readTree(answer.text()).values());
      case LINES -> answer.text().lines().map(JSON::readTree).toList();
      default -> List.of(JSON.readTree(answer.text()));
    };
  }

  private void stream(String function, List<Asked> asked) throws IOException {
    LineStream lines = null;
    try {
      lines = new LineStream(server.getHostString(), server.getPort(), "/" + function);
      for (Asked one : asked) {
        long invoked = System.nanoTime();
        try {
          JsonNode result = JSON.readTree(lines.call(json(one)));
          record(one, outcome(result), invoked, System.nanoTime(), null);
        } catch (IOException e) {
          record(one, new Outcome.Unknown(), invoked, System.nanoTime(), null);
          return;
        }
      }
    } finally {
      if (lines != null) {
        lines.close();
      }
    }
  }

  private static String json(Asked asked) {
    ObjectNode input = JSON.createObjectNode().put("key", asked.key());
    if (asked.call() instanceof Call.Put put) {
      input.put("value", put.value());
    }
    Call.Condition condition = asked.call().condition();
    switch (condition.kind()) {
      case ANY -> {}
      case ABSENT -> input.put("ifNoneMatch", "*");
      case PRESENT -> input.put("ifMatch", "*");
      case MATCH -> input.put("ifMatch", condition.etag());
    }
    return input.toString();
  }

  private static Outcome outcome(JsonNode result) {
    if (result.has("status")) {
      return switch (result.get("status").intValue()) {
        case 404 -> new Outcome.NotFound();
        case 412 ->
            new Outcome.Rejected(
                result.has("currentEtag") ? result.get("currentEtag").stringValue() : null);
        case 500, 503 -> new Outcome.Unknown();
        default -> throw new AssertionError(result.toString());
      };
    }
    if (result.has("deleted")) {
      return new Outcome.Deleted(result.get("deleted").booleanValue());
    }
    String etag = result.get("etag").stringValue();
    return result.has("created")
        ? new Outcome.Stored(etag, result.get("created").booleanValue())
        : new Outcome.Found(etag, result.get("value").stringValue());
  }

  // ---- as a list

  /** Each entry of a page is a get; one that is not there may have come or gone meanwhile. */
  private void list() throws IOException {
    long invoked = System.nanoTime();
    RawAnswer answer =
        exchange("GET /kv?values=true&limit=1000&prefix=" + encode(prefix), "", new byte[0]);
    long answered = System.nanoTime();
    if (answer == null) {
      return;
    }
    if (answer.status() != 200) {
      throw new AssertionError(answer.toString());
    }
    for (JsonNode entry : JSON.readTree(answer.text()).get("entries").values()) {
      record(
          new Asked(entry.get("key").stringValue(), new Call.Get()),
          new Outcome.Found(entry.get("etag").stringValue(), entry.get("value").stringValue()),
          invoked,
          answered,
          null);
    }
  }

  // ---- over HTTP

  /** The answer, null where there is none. */
  private @Nullable RawAnswer exchange(String method, CharSequence fields, byte[] body)
      throws IOException {
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes((method + " HTTP/1.1\r\nHost: kv\r\n" + fields + "\r\n").getBytes(UTF_8));
    request.writeBytes(body);
    try {
      if (connection == null) {
        connection = new RawClient(server.getHostString(), server.getPort());
      }
      connection.send(request.toByteArray());
      return connection.receive(false);
    } catch (IOException e) {
      close();
      return null;
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }

  @Override
  public void close() throws IOException {
    if (connection != null) {
      connection.close();
      connection = null;
    }
  }
}
