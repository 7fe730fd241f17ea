package io.kvfunctions.http;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What stands in {@code test-data/}. A member that the format does not know is an error: a misspelt
 * one would check nothing.
 */
final class TestData {
  /** Reads JSON as the tests want it read: no member twice, no number rounded. */
  static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private static final Set<String> OF_A_FILE = Set.of("about", "settings", "cases");
  private static final Set<String> OF_A_CASE = Set.of("name", "why", "given", "steps", "different");
  private static final Set<String> OF_A_STEP =
      Set.of("why", "on", "clock", "wipe", "request", "requests", "answer", "answers");
  private static final Set<String> OF_A_REQUEST =
      Set.of(
          "line",
          "headers",
          "text",
          "bytes",
          "base64",
          "json",
          "ndjson",
          "chunks",
          "raw",
          "piecesOf",
          "endSending",
          "hangUp");
  private static final Set<String> OF_AN_ANSWER =
      Set.of(
          "status",
          "headers",
          "text",
          "bytes",
          "base64",
          "json",
          "ndjson",
          "problem",
          "head",
          "closes",
          "closedWithout");

  private TestData() {}

  /**
   * The file or folder of this name in {@code test-data/}, wherever below the project's root the
   * test runs.
   */
  static Path path(String name) {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      Path found = folder.resolve("test-data").resolve(name);
      if (Files.exists(found)) {
        return found;
      }
    }
    throw new IllegalStateException(
        "test-data/" + name + " is nowhere above " + Path.of("").toAbsolutePath());
  }

  /** The cases of all {@code .json} files of a folder, in the order of their files' names. */
  static List<ContractCase> cases(String folder) {
    List<ContractCase> cases = new ArrayList<>();
    try (Stream<Path> files = Files.list(path(folder))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".json")).sorted().toList()) {
        cases.addAll(cases(folder + "/" + file.getFileName(), JSON.readTree(file.toFile())));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return cases;
  }

  static List<ContractCase> cases(String file, JsonNode content) {
    only(OF_A_FILE, content, file);
    Map<String, String> settings = new TreeMap<>();
    content
        .path("settings")
        .properties()
        .forEach(setting -> settings.put(setting.getKey(), setting.getValue().asString()));
    List<ContractCase> cases = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (JsonNode one : content.required("cases")) {
      String name = one.required("name").asString();
      if (!names.add(name)) {
        throw new IllegalArgumentException(file + ": two cases are named " + name);
      }
      check(file + ": " + name, one);
      cases.add(new ContractCase(file, name, settings, one));
    }
    return cases;
  }

  private static void check(String where, JsonNode one) {
    only(OF_A_CASE, one, where);
    for (JsonNode step : one.required("steps")) {
      only(OF_A_STEP, step, where);
      each(step, "request", "requests").forEach(request -> only(OF_A_REQUEST, request, where));
      each(step, "answer", "answers").forEach(answer -> only(OF_AN_ANSWER, answer, where));
    }
  }

  /** What a step says once, or several times in an array. */
  static List<JsonNode> each(JsonNode step, String one, String several) {
    List<JsonNode> found = new ArrayList<>();
    if (step.has(one)) {
      found.add(step.get(one));
    }
    step.path(several).forEach(found::add);
    return found;
  }

  private static void only(Set<String> known, JsonNode object, String where) {
    String unknown =
        object.propertyNames().stream()
            .filter(name -> !known.contains(name))
            .collect(joining(", "));
    if (!object.isObject() || !unknown.isEmpty()) {
      throw new IllegalArgumentException(where + ": " + unknown + " is none of " + known);
    }
  }
}
