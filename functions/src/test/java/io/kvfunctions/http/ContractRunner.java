package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.opentest4j.TestAbortedException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/**
 * Replays cases of {@code test-data/} against a server. It knows the server's address and nothing
 * else of it, and uses only HTTP: before a case it deletes whatever there is, and after it, it asks
 * one more question on every connection that is still open, so that a byte too many in the last
 * answer is seen.
 */
final class ContractRunner {
  private static final Duration BETWEEN_CASES = Duration.ofHours(1);

  private final ContractTarget target;
  private final JsonNode problems;

  ContractRunner(ContractTarget target) {
    this.target = target;
    this.problems = TestData.JSON.readTree(TestData.path("problems.json").toFile());
  }

  /**
   * Replays the case, and throws an {@link AssertionError} that tells all about the first answer
   * that differs.
   */
  void run(ContractCase contractCase) throws IOException {
    try (Replay replay = new Replay(contractCase)) {
      replay.run();
    }
  }

  private final class Replay implements AutoCloseable {
    private final ContractCase contractCase;
    private final Captures captures = new Captures();
    private final AnswerMatcher matcher = new AnswerMatcher(problems, captures);
    private final RequestWriter writer = new RequestWriter(target.authority(), captures);
    private final Map<String, RawClient> connections = new LinkedHashMap<>();
    private final List<String> sent = new ArrayList<>();
    private int turn;
    private boolean unanswered;

    Replay(ContractCase contractCase) {
      this.contractCase = contractCase;
      captures.put("host", target.authority());
    }

    void run() throws IOException {
      // Beyond what is remembered of the events of the case before.
      target.clock().ifPresent(clock -> clock.accept(BETWEEN_CASES));
      wipe();
      JsonNode definition = contractCase.definition();
      given(definition.path("given"));
      int number = 0;
      for (JsonNode step : definition.required("steps")) {
        number++;
        try {
          step(step);
        } catch (IOException | RuntimeException e) {
          throw failure("step " + number, step.path("answer"), String.valueOf(e), e);
        } catch (Differs e) {
          throw failure("step " + number, e.expected, e.getMessage(), null);
        }
      }
      different(definition.path("different"));
      for (Map.Entry<String, RawClient> connection : connections.entrySet()) {
        isInStep(connection.getKey(), connection.getValue());
      }
    }

    private void step(JsonNode step) throws IOException, Differs {
      if (step.has("clock")) {
        target
            .clock()
            .orElseThrow(() -> new TestAbortedException("the clock of this server cannot be moved"))
            .accept(Duration.parse(step.get("clock").asString()));
      }
      if (step.path("wipe").asBoolean(false)) {
        wipe();
      }
      String name = step.path("on").asString("main");
      // Of several servers each in turn, unless a connection is named or waits for something.
      if (!step.has("on") && !unanswered) {
        turn++;
      }
      int server = step.has("on") ? 0 : turn % target.ports().size();
      name = server == 0 ? name : name + " to another, " + server;
      List<JsonNode> requests = TestData.each(step, "request", "requests");
      List<JsonNode> answers = TestData.each(step, "answer", "answers");
      if (requests.isEmpty() && answers.isEmpty()) {
        return;
      }
      unanswered =
          answers.size() != requests.size()
              || answers.stream().anyMatch(answer -> answer.path("status").asInt() == 100);
      RawClient connection = connection(name, target.ports().get(server));
      List<Boolean> heads = send(connection, requests);
      if (requests.stream().anyMatch(request -> request.path("hangUp").asBoolean(false))) {
        connection.hangUp();
        connections.remove(name);
        return;
      }
      for (int i = 0; i < answers.size(); i++) {
        boolean head = answers.get(i).path("head").asBoolean(i < heads.size() && heads.get(i));
        if (!receive(connection, answers.get(i), head)) {
          connections.remove(name).close();
        }
      }
    }

    private RawClient connection(String name, int port) throws IOException {
      RawClient connection = connections.get(name);
      if (connection == null) {
        connection = new RawClient(target.host(), port);
        connections.put(name, connection);
      }
      return connection;
    }

    /** Sends the requests in one go, and returns of each whether it is a HEAD. */
    private List<Boolean> send(RawClient connection, List<JsonNode> requests) {
      List<Boolean> heads = new ArrayList<>();
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      int piecesOf = Integer.MAX_VALUE;
      boolean endSending = false;
      for (JsonNode request : requests) {
        byte[] one = writer.bytes(request);
        heads.add(new String(one, 0, Math.min(5, one.length), ISO_8859_1).equals("HEAD "));
        bytes.writeBytes(one);
        piecesOf = Math.min(piecesOf, request.path("piecesOf").asInt(Integer.MAX_VALUE));
        endSending |= request.path("endSending").asBoolean(false);
      }
      if (bytes.size() > 0) {
        sent.add(Bytes.show(bytes.toByteArray()));
        connection.sendInPiecesOf(piecesOf, bytes.toByteArray());
      }
      if (endSending) {
        connection.endSending();
      }
      return heads;
    }

    /** Reads an answer and compares it; returns whether the connection goes on. */
    private boolean receive(RawClient connection, JsonNode expected, boolean head)
        throws IOException, Differs {
      if (expected.path("closedWithout").asBoolean(false)) {
        byte[] rest = connection.rest();
        if (rest.length > 0) {
          throw new Differs(
              expected,
              "there is an answer, expected the end of the connection:\n" + Bytes.show(rest));
        }
        return false;
      }
      RawAnswer actual = connection.receive(head);
      List<String> differences = matcher.differences(expected, actual, head);
      if (!differences.isEmpty()) {
        throw new Differs(
            expected, String.join("\n", differences) + "\n--- what came ---\n" + actual);
      }
      boolean closes = expected.path("closes").asBoolean(false);
      if (closes || actual.endsWithConnection()) {
        byte[] rest = connection.rest();
        if (rest.length > 0) {
          throw new Differs(expected, "after the last answer came\n" + Bytes.show(rest));
        }
      }
      return !closes;
    }

    /**
     * Puts the entries that a case starts from, and captures the ETag of each as {@code etag of
     * <key>}.
     */
    private void given(JsonNode entries) throws IOException {
      if (entries.isMissingNode()) {
        return;
      }
      JsonNode puts = writer.filled(AnswerMatcher.repeated(entries));
      JsonNode results = call("POST /put", puts.toString());
      for (JsonNode result : results) {
        if (!result.has("created")) {
          throw new AssertionError(contractCase.name() + ": what is given was not put: " + result);
        }
        captures.put("etag of " + result.get("key").asString(), result.get("etag").asString());
      }
    }

    private void wipe() throws IOException {
      while (true) {
        ArrayNode keys = TestData.JSON.createArrayNode();
        call("GET /kv?limit=1000", "")
            .required("entries")
            .forEach(entry -> keys.add(entry.required("key")));
        if (keys.isEmpty()) {
          return;
        }
        call("POST /delete", keys.toString());
      }
    }

    /** One request on a connection of its own, whose answer must be 200 and JSON. */
    private JsonNode call(String line, String json) throws IOException {
      byte[] body = json.getBytes(UTF_8);
      String content =
          json.isEmpty()
              ? ""
              : "Content-Type: application/json\r\nContent-Length: " + body.length + "\r\n";
      try (RawClient client = new RawClient(target.host(), target.port())) {
        client.send(
            (line
                    + " HTTP/1.1\r\nHost: "
                    + target.authority()
                    + "\r\nConnection: close\r\n"
                    + content
                    + "\r\n"
                    + json)
                .getBytes(UTF_8));
        RawAnswer answer = client.receive(false);
        if (answer.status() != 200) {
          throw new AssertionError(
              contractCase.name()
                  + ": the store could not be made ready by "
                  + line
                  + ", its answer was\n"
                  + answer);
        }
        return TestData.JSON.readTree(answer.text());
      }
    }

    private void different(JsonNode names) {
      Map<String, String> seen = new LinkedHashMap<>();
      for (JsonNode name : names) {
        String before = seen.put(captures.get(name.asString()), name.asString());
        if (before != null) {
          throw new AssertionError(
              heading()
                  + "\n"
                  + before
                  + " and "
                  + name.asString()
                  + " are the same: "
                  + captures.get(before));
        }
      }
    }

    private void isInStep(String name, RawClient connection) {
      connection.send(
          ("OPTIONS /kv HTTP/1.1\r\nHost: " + target.authority() + "\r\nConnection: close\r\n\r\n")
              .getBytes(UTF_8));
      try {
        RawAnswer last = connection.receive(false);
        byte[] rest = connection.rest();
        if (last.status() == 204 && rest.length == 0) {
          return;
        }
        throw failure(
            "after the last step",
            null,
            "on connection " + name + " came also\n" + last + Bytes.show(rest),
            null);
      } catch (IOException e) {
        throw failure(
            "after the last step", null, "connection " + name + " was no longer usable: " + e, e);
      }
    }

    private String heading() {
      return "test-data/" + contractCase.file() + ": " + contractCase.name();
    }

    private AssertionError failure(String where, JsonNode expected, String what, Exception cause) {
      String message =
          heading()
              + ", "
              + where
              + "\n"
              + what
              + "\n--- what was expected ---\n"
              + (expected == null ? "" : Bytes.show(expected.toPrettyString()))
              + "\n--- what was sent ---\n"
              + String.join("\n---\n", sent)
              + "\n--- what was captured ---\n"
              + captures;
      return new AssertionError(message, cause);
    }

    /**
     * Closes what is still open, when the server has done with it: a case that failed may have sent
     * more than it has read, and the next case must not see that happen.
     */
    @Override
    public void close() throws IOException {
      for (RawClient connection : connections.values()) {
        try (connection) {
          connection.endSending();
          connection.rest();
        }
      }
    }
  }

  /** An answer is not what the data expects. */
  private static final class Differs extends Exception {
    private static final long serialVersionUID = 1;

    private final transient JsonNode expected;

    Differs(JsonNode expected, String message) {
      super(message);
      this.expected = expected;
    }
  }
}
