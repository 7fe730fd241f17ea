package io.kvfunctions.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/**
 * Holds exchanges with a server against an OpenAPI document, both ways: what in an exchange the
 * document does not say, and what the document says that no exchange has shown.
 *
 * <p>What the document says is taken apart into lines such as {@code GET /kv/{key} 400
 * key-too-long}: one for each response, media type, type of problem and header field of each
 * operation, and for each parameter and media type that it takes. {@code any 408 request-timeout}
 * is one that every request can be answered. For one thread at a time.
 */
final class Agreement {
  /** Header fields that are HTTP's own, or that OpenAPI says otherwise. */
  private static final List<String> ORDINARY =
      List.of("connection", "content-length", "content-type", "date", "transfer-encoding");

  private final OpenApi document;
  private final SortedSet<String> seen = new TreeSet<>();

  Agreement(OpenApi document) {
    this.document = document;
  }

  /** Every line of the document that no exchange has shown. */
  SortedSet<String> unseen() {
    SortedSet<String> unseen = new TreeSet<>();
    for (OpenApi.Place place : document.places()) {
      place.responses().propertyNames().forEach(key -> unseen.addAll(lines(place, key)));
      for (JsonNode parameter : place.parameters()) {
        unseen.add(takes(place, parameter));
      }
      for (String type :
          document
              .resolved(place.operation().path("requestBody"))
              .path("content")
              .propertyNames()) {
        unseen.add(takes(place, type));
      }
    }
    unseen.removeAll(seen);
    return unseen;
  }

  private List<String> lines(OpenApi.Place place, String key) {
    JsonNode response = document.resolved(place.responses().get(key));
    List<String> lines = new ArrayList<>();
    boolean hasBody = !place.name().startsWith("HEAD ") && response.has("content");
    if (key.equals("default")) {
      response
          .path("content")
          .forEach(
              media ->
                  document
                      .problems(media.path("schema"))
                      .forEach(problem -> lines.add("any " + problem)));
      return lines;
    }
    if (!hasBody) {
      lines.add(place.name() + " " + key);
    } else {
      for (Map.Entry<String, JsonNode> media : response.get("content").properties()) {
        List<String> problems = document.problems(media.getValue().path("schema"));
        if (problems.isEmpty()) {
          lines.add(place.name() + " " + key + " " + media.getKey());
        }
        problems.forEach(problem -> lines.add(place.name() + " " + key + " " + problem));
      }
    }
    response
        .path("headers")
        .propertyNames()
        .forEach(header -> lines.add(place.name() + " " + key + " " + header));
    return lines;
  }

  private static String takes(OpenApi.Place place, JsonNode parameter) {
    return takes(place, parameter.path("in").asString() + " " + parameter.path("name").asString());
  }

  private static String takes(OpenApi.Place place, String what) {
    return place.name() + " takes " + what;
  }

  /** What in the exchange is not in the document. */
  List<String> disagreements(Exchange exchange) {
    List<String> found = new ArrayList<>();
    OpenApi.Place place =
        exchange.method().isEmpty()
            ? document.notHttp()
            : document.place(exchange.method(), exchange.path());
    Optional<String> key = document.responseKey(place, exchange.status());
    if (key.isEmpty()) {
      // A request to what is not listed may be no HTTP besides.
      Optional<String> notHttp = document.responseKey(document.notHttp(), exchange.status());
      if (notHttp.isPresent() && !place.operation().has("responses")) {
        place = document.notHttp();
        key = notHttp;
      }
    }
    if (key.isEmpty()) {
      found.add("the document does not have the status here");
    } else {
      JsonNode response = document.resolved(place.responses().get(key.get()));
      Answer answer = new Answer(exchange, place, key.get(), response, found);
      answer.checkBody();
      answer.checkHeaders();
      checkRequest(exchange, place, found);
    }
    found.replaceAll(fault -> exchange + ": " + fault);
    return found;
  }

  private final class Answer {
    private final Exchange exchange;
    private final String line;
    private final boolean isDefault;
    private final JsonNode response;
    private final List<String> found;

    Answer(
        Exchange exchange, OpenApi.Place place, String key, JsonNode response, List<String> found) {
      this.exchange = exchange;
      this.isDefault = key.equals("default");
      this.line = isDefault ? "any" : place.name() + " " + key;
      this.response = response;
      this.found = found;
    }

    void checkBody() {
      String type = exchange.responseType();
      JsonNode content = response.path("content");
      if (exchange.method().equals("HEAD") || !response.has("content")) {
        if (!exchange.responseBody().isEmpty()) {
          found.add("the document has no body here");
        }
        if (!response.has("content") && !type.isEmpty()) {
          found.add("the document has no media type here, the answer has " + type);
        }
        if (exchange.method().equals("HEAD")
            && response.has("content")
            && !content.has(type)
            && !content.has("*/*")) {
          found.add("the document does not have the media type '" + type + "' here");
        }
        seen.add(line);
        return;
      }
      String entry = content.has(type) ? type : "*/*";
      if (type.isEmpty() || !content.has(entry)) {
        found.add("the document does not have the media type '" + type + "' here");
        return;
      }
      JsonNode media = content.get(entry);
      if (media.has(OpenApi.LINE_SCHEMA)) {
        checkLines(media.get(OpenApi.LINE_SCHEMA));
      } else if (media.has("schema") && (type.endsWith("/json") || type.endsWith("+json"))) {
        check(media.get("schema"));
      }
      List<String> problems = document.problems(media.path("schema"));
      if (problems.isEmpty()) {
        seen.add(line + " " + entry);
      } else {
        for (String problem : problems) {
          if (exchange.responseBody().contains('"' + OpenApi.PROBLEM + problem + '"')) {
            seen.add(line + " " + problem);
          }
        }
        if (!exchange.responseBody().contains("\"status\":" + exchange.status())) {
          found.add(
              "the problem's status is another than the answer's: " + exchange.responseBody());
        }
      }
    }

    private void check(JsonNode schema) {
      List<String> faults = document.faults(schema, exchange.responseBody());
      if (!faults.isEmpty()) {
        found.add(
            "the body is not as the document says: "
                + faults
                + " in "
                + Bytes.show(exchange.responseBody()));
      }
    }

    private void checkLines(JsonNode schema) {
      for (String line : OpenApi.endsOf(exchange.responseBody().lines().toList())) {
        List<String> faults = document.faults(schema, line);
        if (!faults.isEmpty()) {
          found.add("a line is not as the document says: " + faults + " in " + Bytes.show(line));
        }
      }
    }

    void checkHeaders() {
      Map<String, JsonNode> documented = new HashMap<>();
      for (Map.Entry<String, JsonNode> header : response.path("headers").properties()) {
        documented.put(
            header.getKey().toLowerCase(Locale.ROOT), document.resolved(header.getValue()));
        if (exchange.response().containsKey(header.getKey())) {
          seen.add(line + " " + header.getKey());
        } else if (document.resolved(header.getValue()).path("required").asBoolean(false)) {
          found.add("the header " + header.getKey() + " is missing");
        }
      }
      exchange
          .response()
          .forEach(
              (name, values) -> {
                String lower = name.toLowerCase(Locale.ROOT);
                JsonNode header = documented.get(lower);
                if (header != null) {
                  values.forEach(
                      value ->
                          checkText(header.path("schema"), "the header " + name, value, found));
                } else if (!ORDINARY.contains(lower)) {
                  found.add("the document does not have the header " + name + " here");
                }
              });
    }
  }

  /** A value outside of JSON: a number where the schema is one of numbers, else a string. */
  private void checkText(JsonNode schema, String what, String value, List<String> found) {
    boolean plain = List.of("integer", "boolean").contains(document.type(schema));
    List<String> faults = document.faults(schema, plain ? value : quoted(value));
    if (!faults.isEmpty() && !plain && value.matches("[0-9]+")) {
      faults = document.faults(schema, value);
    }
    if (!faults.isEmpty()) {
      found.add(what + " is not as the document says: " + value + " " + faults);
    }
  }

  private static String quoted(String text) {
    return tools.jackson.databind.node.StringNode.valueOf(text).toString();
  }

  /**
   * A request that was carried out is one that the document has, and a body it has is not called
   * invalid.
   */
  private void checkRequest(Exchange exchange, OpenApi.Place place, List<String> found) {
    boolean done = exchange.status() < 400 || exchange.status() == 412;
    if (done) {
      checkParameters(exchange, place, found);
    }
    JsonNode content = document.resolved(place.operation().path("requestBody")).path("content");
    String type = exchange.requestType();
    boolean ofEvents = content.path("*/*").has(OpenApi.BINARY_EVENT);
    boolean binaryEvent = ofEvents && exchange.isBinaryEvent();
    String entry = content.has(type) && !binaryEvent ? type : "*/*";
    if (!content.has(entry) || (entry.equals("*/*") && ofEvents && !binaryEvent)) {
      if (done && !type.isEmpty() && place.operation().has("requestBody")) {
        found.add("it was done, but the document does not take the media type '" + type + "'");
      }
      return;
    }
    JsonNode media = content.get(entry);
    if (done) {
      seen.add(takes(place, entry));
    }
    boolean refused =
        exchange.responseBody().contains(OpenApi.PROBLEM + "body-invalid\",")
            && exchange.status() == 400;
    if (done && type.equals("application/cloudevents+json") && media.has("schema")) {
      List<String> faults = document.faults(media.get("schema"), exchange.requestBody());
      if (!faults.isEmpty()) {
        found.add("it was done, but the event is not as the document says: " + faults);
      }
    }
    if (type.equals("application/json") && media.has("schema") && (done || refused)) {
      // A batch was done whatever became of its calls.
      boolean batch = exchange.requestBody().stripLeading().startsWith("[");
      List<String> faults = document.faults(media.get("schema"), exchange.requestBody());
      if (done && !batch && !faults.isEmpty()) {
        found.add(
            "it was done, but the body is not as the document says: "
                + faults
                + " in "
                + Bytes.show(exchange.requestBody()));
      }
      if (refused && faults.isEmpty() && OpenApi.isIJson(exchange.requestBody())) {
        found.add(
            "it was refused, but the body is as the document says: "
                + Bytes.show(exchange.requestBody())
                + " was answered "
                + Bytes.show(exchange.responseBody()));
      }
    }
  }

  private void checkParameters(Exchange exchange, OpenApi.Place place, List<String> found) {
    Map<String, JsonNode> query = new HashMap<>();
    for (JsonNode parameter : place.parameters()) {
      String name = parameter.path("name").asString();
      switch (parameter.path("in").asString()) {
        case "query" -> query.put(name, parameter);
        case "header" -> {
          if (exchange.request().containsKey(name)) {
            seen.add(takes(place, parameter));
            exchange
                .request()
                .get(name)
                .forEach(
                    value ->
                        checkText(
                            parameter.path("schema"),
                            "it was done, but the header " + name,
                            value,
                            found));
          }
        }
        default -> seen.add(takes(place, parameter));
      }
    }
    for (Map.Entry<String, String> sent : exchange.query()) {
      JsonNode parameter = query.get(sent.getKey());
      if (parameter == null) {
        found.add("it was done, but the document does not have the parameter " + sent.getKey());
      } else {
        seen.add(takes(place, parameter));
        checkText(
            parameter.path("schema"),
            "it was done, but the parameter " + sent.getKey(),
            sent.getValue(),
            found);
      }
    }
  }
}
