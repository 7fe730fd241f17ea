package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * Compares an answer with what the data expects of it: the status, the whole set of headers, and
 * the body to the last byte. What an expectation does not name must not be there, so that nothing
 * can leak into an answer unseen.
 */
final class AnswerMatcher {
  /**
   * The headers about the connection and the length, which {@link RawAnswer} has checked by using
   * them.
   */
  private static final Set<String> FRAMING = Set.of("content-length", "transfer-encoding");

  /** Stands for a number, and not for a string of digits. */
  private static final Pattern NUMBER = Pattern.compile("\\$\\{[^}]*=number}");

  private final JsonNode problems;
  private final Captures captures;

  /**
   * @param problems the status and title of every problem, by its name
   * @param captures where the placeholders of an expectation come from and go to
   */
  AnswerMatcher(JsonNode problems, Captures captures) {
    this.problems = problems;
    this.captures = captures;
  }

  /** What differs, a sentence each; empty where the answer is exactly as expected. */
  List<String> differences(JsonNode expected, RawAnswer actual, boolean head) {
    List<String> differences = new ArrayList<>();
    int status = expected.required("status").asInt();
    if (actual.status() != status) {
      differences.add("status is " + actual.status() + ", expected " + status);
    }
    headers(expected, actual, differences);
    if (head || status == 100) {
      if (actual.body().length > 0) {
        differences.add("there is a body, expected none");
      }
    } else {
      body(expected, actual, differences);
    }
    return differences;
  }

  private void headers(JsonNode expected, RawAnswer actual, List<String> differences) {
    Map<String, JsonNode> wanted = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    if (actual.status() >= 200) {
      wanted.put("Date", new StringNode("${=date}"));
    }
    if (expected.path("closes").asBoolean(false)) {
      wanted.put("Connection", new StringNode("close"));
    }
    if (expected.has("problem")) {
      wanted.put("Content-Type", new StringNode("application/problem+json"));
    } else if (expected.has("json")) {
      wanted.put("Content-Type", new StringNode("application/json"));
    } else if (expected.has("ndjson")) {
      wanted.put("Content-Type", new StringNode("application/x-ndjson"));
    }
    expected
        .path("headers")
        .properties()
        .forEach(header -> wanted.put(header.getKey(), header.getValue()));

    Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    actual.headers().forEach(header -> names.add(header.name()));
    names.removeIf(
        name -> FRAMING.contains(name.toLowerCase(Locale.ROOT)) && !wanted.containsKey(name));
    names.addAll(wanted.keySet());
    for (String name : names) {
      JsonNode values = wanted.get(name);
      if (values == null || values.isNull()) {
        if (!actual.values(name).isEmpty()) {
          differences.add(
              "there is a header " + name + ": " + actual.values(name) + ", expected none");
        }
      } else {
        header(name, values, actual.values(name), differences);
      }
    }
  }

  private void header(
      String name, JsonNode expected, List<String> actual, List<String> differences) {
    List<String> wanted = new ArrayList<>();
    if (expected.isArray()) {
      expected.forEach(value -> wanted.add(value.asString()));
    } else {
      wanted.add(expected.asString());
    }
    boolean same = wanted.size() == actual.size();
    for (int i = 0; same && i < wanted.size(); i++) {
      same = captures.matches(new String(Bytes.of(wanted.get(i)), ISO_8859_1), actual.get(i));
    }
    if (!same) {
      differences.add(
          "header "
              + name
              + " is "
              + (actual.isEmpty() ? "missing" : actual)
              + ", expected "
              + wanted);
    }
  }

  private void body(JsonNode expected, RawAnswer actual, List<String> differences) {
    if (expected.has("problem")) {
      ObjectNode problem = TestData.JSON.createObjectNode();
      problem.set("problem", expected.get("problem"));
      json("the body", problem, parsed(actual.text()), differences);
    } else if (expected.has("json")) {
      json("the body", expected.get("json"), parsed(actual.text()), differences);
    } else if (expected.has("ndjson")) {
      lines(expected.get("ndjson"), actual.text(), differences);
    } else if (expected.has("text")) {
      String text = expected.get("text").asString();
      if (!Arrays.equals(actual.body(), actual.text().getBytes(UTF_8))) {
        differences.add("the body is not UTF-8");
      } else if (!captures.matches(text, actual.text())) {
        differences.add("the body differs, expected\n" + Bytes.show(text));
      }
    } else {
      byte[] bytes =
          expected.has("bytes")
              ? Bytes.of(captures.fill(expected.get("bytes").asString()))
              : Base64.getDecoder().decode(expected.path("base64").asString(""));
      if (!Arrays.equals(actual.body(), bytes)) {
        differences.add("the body differs, expected\n" + Bytes.show(bytes));
      }
    }
  }

  private void lines(JsonNode expected, String actual, List<String> differences) {
    if (!actual.isEmpty() && !actual.endsWith("\n")) {
      differences.add("the last line does not end");
    }
    ArrayNode lines = TestData.JSON.createArrayNode();
    actual.lines().forEach(line -> lines.add(parsed(line)));
    json("the lines", expected, lines, differences);
  }

  private static JsonNode parsed(String text) {
    try {
      return TestData.JSON.readTree(text);
    } catch (JacksonException e) {
      return new StringNode("not JSON, " + e.getOriginalMessage() + ": " + text);
    }
  }

  /** Members count in their order: an answer is to look the same every time. */
  private void json(String where, JsonNode template, JsonNode actual, List<String> differences) {
    JsonNode expected = expanded(template);
    if (expected.isObject() && actual.isObject()) {
      List<String> names = List.copyOf(expected.propertyNames());
      if (!names.equals(List.copyOf(actual.propertyNames()))) {
        differences.add(
            where
                + " has the members "
                + List.copyOf(actual.propertyNames())
                + ", expected "
                + names);
      }
      for (Map.Entry<String, JsonNode> member : expected.properties()) {
        if (actual.has(member.getKey())) {
          json(
              where + "." + member.getKey(),
              member.getValue(),
              actual.get(member.getKey()),
              differences);
        }
      }
    } else if (expected.isArray() && actual.isArray()) {
      if (expected.size() != actual.size()) {
        differences.add(where + " has " + actual.size() + " elements, expected " + expected.size());
      }
      for (int i = 0; i < Math.min(expected.size(), actual.size()); i++) {
        json(where + "[" + i + "]", expected.get(i), actual.get(i), differences);
      }
    } else if (expected.isString()
        && (NUMBER.matcher(expected.asString()).matches()
            ? actual.isNumber()
            : actual.isString())) {
      if (!captures.matches(expected.asString(), actual.asString())) {
        differences.add(
            where
                + " is "
                + Bytes.show(actual.toString())
                + ", expected "
                + Bytes.show(expected.toString()));
      }
    } else if (!expected.toString().equals(actual.toString())) {
      differences.add(
          where
              + " is "
              + Bytes.show(actual.toString())
              + ", expected "
              + Bytes.show(expected.toString()));
    }
  }

  /** Spells out {@code {"problem": …}} and {@code {"repeat": …}}. */
  private JsonNode expanded(JsonNode template) {
    if (template.isObject() && template.size() == 1 && template.has("problem")) {
      ObjectNode given = (ObjectNode) template.get("problem").deepCopy();
      String name = given.remove("type").asString();
      JsonNode known = problems.required(name);
      ObjectNode problem = TestData.JSON.createObjectNode();
      problem.put("type", "urn:kvfunctions:problem:" + name);
      problem.set("title", known.required("title"));
      problem.set("status", known.required("status"));
      problem.put("detail", given.has("detail") ? given.remove("detail").asString() : "${=text}");
      problem.setAll(given);
      return problem;
    }
    return repeated(template);
  }

  /**
   * Spells out {@code {"repeat": element, "times": n}} as an array of n such elements, numbered by
   * {@code ${i}} in them.
   */
  static JsonNode repeated(JsonNode template) {
    if (!template.isObject() || !template.has("repeat")) {
      return template;
    }
    ArrayNode elements = TestData.JSON.createArrayNode();
    String element = template.get("repeat").toString();
    for (int i = 0; i < template.required("times").asInt(); i++) {
      elements.add(TestData.JSON.readTree(element.replace("${i}", String.format("%05d", i))));
    }
    return elements;
  }
}
