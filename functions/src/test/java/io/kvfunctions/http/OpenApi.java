package io.kvfunctions.http;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * An OpenAPI 3.1 document with its references followed: whether it is one, what it says a request
 * is answered, and whether a JSON text is as it says.
 *
 * <p>Beyond OpenAPI it knows {@code x-other-methods} of a path, {@code x-other-paths} and {@code
 * x-not-http} of the document, which hold responses by status, {@code x-asterisk}, which holds them
 * by method, {@code x-line-schema} of a media type, the schema of each of its lines, and {@code
 * x-binary-event} of one that only the data of an event has.
 */
final class OpenApi {
  static final String OTHER_METHODS = "x-other-methods";
  static final String OTHER_PATHS = "x-other-paths";
  static final String ASTERISK = "x-asterisk";
  static final String NOT_HTTP = "x-not-http";
  static final String LINE_SCHEMA = "x-line-schema";
  static final String BINARY_EVENT = "x-binary-event";

  /** What the type of every problem begins with. */
  static final String PROBLEM = "urn:kvfunctions:problem:";

  private static final String METASCHEMA = "https://json-schema.org/draft/2020-12/schema";

  /** How many elements at either end of a long batch are looked at: one is written as the other. */
  private static final int END = 50;

  private static final List<String> METHODS =
      List.of("get", "put", "post", "delete", "options", "head", "patch", "trace");

  /** Takes whatever a value may hold: nested deep, a number of any length, a member twice. */
  static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(2_000)
                          .maxNumberLength(Integer.MAX_VALUE)
                          .maxStringLength(Integer.MAX_VALUE)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final Pattern SURROGATE_ESCAPE = Pattern.compile("\\\\u[dD][89a-fA-F]");

  private static final ObjectMapper YAML =
      YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final ObjectNode root;
  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
  private final IdentityHashMap<JsonNode, Schema> compiled = new IdentityHashMap<>();

  private OpenApi(ObjectNode root) {
    this.root = root;
  }

  /** The document that the store serves. */
  static OpenApi shipped() {
    return new OpenApi((ObjectNode) resource("/openapi.yaml"));
  }

  private static JsonNode resource(String name) {
    try (InputStream in = OpenApi.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("not on the class path: " + name);
      }
      return YAML.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A copy of the document in which something is different. */
  OpenApi changed(Consumer<ObjectNode> change) {
    ObjectNode copy = root.deepCopy();
    change.accept(copy);
    return new OpenApi(copy);
  }

  String version() {
    return root.at("/info/version").asString();
  }

  /**
   * What a request may be answered.
   *
   * @param name how a message calls it: {@code GET /kv/{key}}
   * @param operation the operation, or an empty object where the request is for none
   * @param responses by status, or {@code default}
   * @param parameters those of the operation and of its path
   */
  record Place(String name, JsonNode operation, JsonNode responses, List<JsonNode> parameters) {}

  /**
   * The key of the response to this status: the status, or {@code default} if that is a problem
   * with this status. Empty where the document has none.
   */
  Optional<String> responseKey(Place place, int status) {
    String own = Integer.toString(status);
    if (place.responses().has(own)) {
      return Optional.of(own);
    }
    JsonNode schema =
        resolved(place.responses().path("default")).at("/content/application~1problem+json/schema");
    return branches(schema)
            .anyMatch(branch -> branch.at("/properties/status/const").asInt(0) == status)
        ? Optional.of("default")
        : Optional.empty();
  }

  /** Every place of the document, those for requests that it does not list among them. */
  List<Place> places() {
    List<Place> places = new ArrayList<>();
    for (Map.Entry<String, JsonNode> path : root.path("paths").properties()) {
      for (String method : METHODS) {
        if (path.getValue().has(method)) {
          places.add(operation(method, path.getKey(), path.getValue()));
        }
      }
      if (path.getValue().has(OTHER_METHODS)) {
        places.add(otherMethod(path.getKey(), path.getValue()));
      }
    }
    root.path(ASTERISK).propertyNames().forEach(method -> places.add(asterisk(method)));
    places.add(unlisted(OTHER_PATHS, root));
    places.add(unlisted(NOT_HTTP, root));
    return places;
  }

  /**
   * The place of a request with this method and path. A path parameter takes everything to the end,
   * slashes too, and nothing as well.
   */
  Place place(String method, String path) {
    for (Map.Entry<String, JsonNode> candidate : root.path("paths").properties()) {
      if (!matches(candidate.getKey(), path)) {
        continue;
      }
      boolean known = METHODS.stream().anyMatch(m -> m.toUpperCase(Locale.ROOT).equals(method));
      String key = method.toLowerCase(Locale.ROOT);
      return known && candidate.getValue().has(key)
          ? operation(key, candidate.getKey(), candidate.getValue())
          : otherMethod(candidate.getKey(), candidate.getValue());
    }
    String key = method.toLowerCase(Locale.ROOT);
    return path.equals("*") && root.path(ASTERISK).has(key)
        ? asterisk(key)
        : unlisted(OTHER_PATHS, root);
  }

  /** The place of what is no request. */
  Place notHttp() {
    return unlisted(NOT_HTTP, root);
  }

  private Place asterisk(String method) {
    JsonNode responses = root.path(ASTERISK).path(method);
    return new Place(
        method.toUpperCase(Locale.ROOT) + " *", JSON.createObjectNode(), responses, List.of());
  }

  private static Place unlisted(String extension, JsonNode holder) {
    return new Place(extension, JSON.createObjectNode(), holder.path(extension), List.of());
  }

  private static boolean matches(String template, String path) {
    int brace = template.indexOf('{');
    return brace < 0 ? path.equals(template) : path.startsWith(template.substring(0, brace));
  }

  private Place operation(String method, String path, JsonNode item) {
    List<JsonNode> parameters =
        Stream.concat(
                elements(item.path(method).path("parameters")), elements(item.path("parameters")))
            .map(this::resolved)
            .toList();
    String name = method.toUpperCase(Locale.ROOT) + " " + path;
    return new Place(name, item.path(method), item.path(method).path("responses"), parameters);
  }

  private static Place otherMethod(String path, JsonNode item) {
    return new Place(
        "other methods of " + path, JSON.createObjectNode(), item.path(OTHER_METHODS), List.of());
  }

  private static Stream<JsonNode> elements(JsonNode array) {
    return array.valueStream();
  }

  /** The node itself, or what it refers to. */
  JsonNode resolved(JsonNode node) {
    JsonNode found = node;
    while (found.has("$ref")) {
      found = root.at(pointer(found.get("$ref").asString()));
    }
    return found;
  }

  /**
   * The types of problems that a schema lets through, as {@code key-empty}; of a schema of anything
   * else none.
   */
  List<String> problems(JsonNode schema) {
    return branches(schema)
        .map(branch -> branch.at("/properties/type/const").asString(""))
        .filter(type -> type.startsWith(PROBLEM))
        .map(type -> type.substring(PROBLEM.length()))
        .toList();
  }

  private Stream<JsonNode> branches(JsonNode schema) {
    JsonNode found = resolved(schema);
    return found.has("oneOf")
        ? elements(found.get("oneOf")).flatMap(this::branches)
        : Stream.of(found);
  }

  /**
   * What in a JSON text is not as the schema says, every member that the schema does not name being
   * wrong.
   */
  List<String> faults(JsonNode schema, String json) {
    JsonNode instance;
    try {
      instance =
          JSON.readTree(json.getBytes(StandardCharsets.UTF_8)); // passes over a byte order mark
    } catch (JacksonException e) {
      return List.of("is not JSON: " + e.getOriginalMessage());
    }
    return faults(schema, instance);
  }

  /**
   * Whether JSON is what no schema can ask for: UTF-8, without half a surrogate pair, without a
   * member twice.
   */
  static boolean isIJson(String json) {
    try {
      JSON.reader().with(StreamReadFeature.STRICT_DUPLICATE_DETECTION).readTree(json);
      return !json.contains("\uFFFD") && !SURROGATE_ESCAPE.matcher(json).find();
    } catch (JacksonException e) {
      return false;
    }
  }

  /** The same of a value. */
  List<String> faults(JsonNode schema, JsonNode instance) {
    if (instance.isMissingNode()) {
      return List.of("is empty");
    }
    JsonNode looked = instance;
    if (instance.isArray() && instance.size() > 2 * END) {
      ArrayNode ends = JSON.createArrayNode();
      endsOf(List.copyOf(instance.values())).forEach(ends::add);
      looked = ends;
    }
    return compiled
        .computeIfAbsent(schema, s -> registry.getSchema(closed(s, true)))
        .validate(looked)
        .stream()
        .map(error -> error.getInstanceLocation() + ": " + error.getMessage())
        .distinct()
        .limit(8)
        .toList();
  }

  /** All of a short list, and the first and the last of one too long to look at every element. */
  static <T> List<T> endsOf(List<T> list) {
    if (list.size() <= 2 * END) {
      return list;
    }
    List<T> ends = new ArrayList<>(list.subList(0, END));
    ends.addAll(list.subList(list.size() - END, list.size()));
    return ends;
  }

  /**
   * The type that the schema has once its references are followed, empty where it has none or
   * several.
   */
  String type(JsonNode schema) {
    return resolved(schema).path("type").asString("");
  }

  /**
   * The schema with its references put in and closed: wherever it names members of an object, no
   * others are let through.
   *
   * @param whole whether the schema is all that is said of its instance, rather than a branch of
   *     what is
   */
  private JsonNode closed(JsonNode schema, boolean whole) {
    if (!schema.isObject()) {
      return schema;
    }
    if (schema.has("$ref") && schema.size() == 1) {
      return closed(resolved(schema), whole);
    }
    ObjectNode made = JSON.createObjectNode();
    for (Map.Entry<String, JsonNode> keyword : schema.properties()) {
      JsonNode value = keyword.getValue();
      switch (keyword.getKey()) {
        case "$ref" -> made.withArray("allOf").add(closed(resolved(schema), false));
        case "allOf", "oneOf", "anyOf" -> {
          ArrayNode branches = made.withArray(keyword.getKey());
          elements(value).forEach(branch -> branches.add(closed(branch, false)));
        }
        case "properties" -> {
          ObjectNode members = made.putObject("properties");
          value
              .properties()
              .forEach(member -> members.set(member.getKey(), closed(member.getValue(), true)));
        }
        case "items", "additionalProperties" -> made.set(keyword.getKey(), closed(value, true));
        case "description", "examples" -> {}
        default -> made.set(keyword.getKey(), value);
      }
    }
    if (whole && namesMembers(made)) {
      made.put("unevaluatedProperties", false);
    }
    return made;
  }

  private static boolean namesMembers(JsonNode schema) {
    return schema.has("properties")
        || Stream.of("allOf", "oneOf", "anyOf")
            .flatMap(keyword -> elements(schema.path(keyword)))
            .anyMatch(OpenApi::namesMembers);
  }

  /** What is wrong with the document in itself. */
  List<String> faults() {
    List<String> faults = new ArrayList<>();
    Schema schema = registry.getSchema(resource("/openapi/schemas/v3.1/schema.yaml"));
    schema
        .validate(root)
        .forEach(error -> faults.add(error.getInstanceLocation() + ": " + error.getMessage()));
    faults.addAll(danglingReferences());
    if (faults.isEmpty()) {
      // What follows takes references for good.
      faults.addAll(badSchemas());
      faults.addAll(badExamples());
      faults.addAll(unusedComponents());
      faults.addAll(repeatedOperations());
      faults.addAll(strayPathParameters());
    }
    return faults;
  }

  private List<String> danglingReferences() {
    List<String> faults = new ArrayList<>();
    everyNode(
        (place, node) -> {
          if (node.has("$ref")) {
            String reference = node.get("$ref").asString();
            if (!reference.startsWith("#/") || root.at(pointer(reference)).isMissingNode()) {
              faults.add(place + " refers to " + reference + ", which is not there");
            }
          }
        });
    return faults;
  }

  private List<String> badSchemas() {
    List<String> faults = new ArrayList<>();
    Schema metaschema = registry.getSchema(SchemaLocation.of(METASCHEMA));
    BiConsumer<String, JsonNode> check =
        (place, schema) ->
            metaschema
                .validate(schema)
                .forEach(
                    error ->
                        faults.add(
                            place + error.getInstanceLocation() + ": " + error.getMessage()));
    root.at("/components/schemas")
        .properties()
        .forEach(s -> check.accept("/components/schemas/" + s.getKey(), s.getValue()));
    everyNode(
        (place, node) -> {
          for (String keyword : List.of("schema", LINE_SCHEMA)) {
            if (node.has(keyword)) {
              check.accept(place + "/" + keyword, node.get(keyword));
            }
          }
        });
    return faults;
  }

  /** Examples that the schema beside them refuses. */
  private List<String> badExamples() {
    List<String> faults = new ArrayList<>();
    everyNode(
        (place, node) -> {
          JsonNode schema = node.path("schema");
          List<JsonNode> examples = new ArrayList<>();
          if (node.path("examples").isArray()) {
            schema = node; // a schema's own
            node.get("examples").forEach(examples::add);
          } else if (node.has("schema")) {
            node.path("examples").forEach(example -> examples.add(resolved(example).path("value")));
            if (node.has("example")) {
              examples.add(node.get("example"));
            }
          }
          for (JsonNode example : examples) {
            for (String fault : faults(schema, example)) {
              faults.add(place + " has an example " + example + ", whose " + fault);
            }
            if (node.has(LINE_SCHEMA)) {
              for (String line : example.asString().lines().toList()) {
                faults(node.get(LINE_SCHEMA), line)
                    .forEach(f -> faults.add(place + " has a line " + line + ", whose " + f));
              }
            }
          }
        });
    return faults;
  }

  private List<String> unusedComponents() {
    Collection<String> used = new TreeSet<>();
    everyNode((place, node) -> used.add(node.path("$ref").asString("")));
    List<String> faults = new ArrayList<>();
    for (Map.Entry<String, JsonNode> kind : root.path("components").properties()) {
      for (String name : kind.getValue().propertyNames()) {
        if (!used.contains("#/components/" + kind.getKey() + "/" + name)) {
          faults.add("nothing refers to #/components/" + kind.getKey() + "/" + name);
        }
      }
    }
    return faults;
  }

  private List<String> repeatedOperations() {
    Map<String, Integer> counts = new TreeMap<>();
    List<String> faults = new ArrayList<>();
    for (Place place : places()) {
      if (place.operation().has("responses")) {
        String id = place.operation().path("operationId").asString("");
        if (id.isEmpty() || !place.operation().has("summary")) {
          faults.add(place.name() + " lacks an operationId or a summary");
        }
        counts.merge(id, 1, Integer::sum);
      }
    }
    counts.forEach(
        (id, count) -> {
          if (count > 1) {
            faults.add("operationId " + id + " is there " + count + " times");
          }
        });
    return faults;
  }

  private List<String> strayPathParameters() {
    List<String> faults = new ArrayList<>();
    Pattern template = Pattern.compile("\\{([^}]*)}");
    for (Place place : places()) {
      if (!place.operation().has("responses")) {
        continue;
      }
      List<String> inPath =
          template.matcher(place.name()).results().map(m -> m.group(1)).sorted().toList();
      List<String> declared =
          place.parameters().stream()
              .filter(p -> p.path("in").asString().equals("path"))
              .map(p -> p.path("name").asString())
              .sorted()
              .toList();
      if (!inPath.equals(declared)) {
        faults.add(place.name() + " declares the path parameters " + declared);
      }
    }
    return faults;
  }

  private static String pointer(String reference) {
    return URLDecoder.decode(reference.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /** Every object in the document with its JSON pointer, values of examples left out. */
  private void everyNode(BiConsumer<String, JsonNode> visitor) {
    Map<String, JsonNode> nodes = new LinkedHashMap<>();
    collect("", root, nodes);
    nodes.forEach(visitor);
  }

  private static void collect(String place, JsonNode node, Map<String, JsonNode> nodes) {
    if (node.isObject()) {
      nodes.put(place, node);
      for (Map.Entry<String, JsonNode> member : node.properties()) {
        if (!List.of("example", "value").contains(member.getKey())
            || place.endsWith("/properties")) {
          String step = member.getKey().replace("~", "~0").replace("/", "~1");
          collect(place + "/" + step, member.getValue(), nodes);
        }
      }
    } else if (node.isArray() && !place.endsWith("/examples")) {
      for (int i = 0; i < node.size(); i++) {
        collect(place + "/" + i, node.get(i), nodes);
      }
    }
  }
}
