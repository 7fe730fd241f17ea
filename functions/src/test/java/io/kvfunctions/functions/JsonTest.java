package io.kvfunctions.functions;

import static io.kvfunctions.functions.Jsons.detail;
import static io.kvfunctions.functions.Jsons.problem;
import static io.kvfunctions.functions.Jsons.read;
import static io.kvfunctions.functions.Jsons.readArray;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvfunctions.Seed;
import io.kvfunctions.SettableClock;
import io.kvfunctions.store.Condition.Presence;
import io.kvfunctions.store.ContentType;
import io.kvfunctions.store.Entry;
import io.kvfunctions.store.Store;
import io.kvfunctions.store.Stores;
import io.kvfunctions.store.TimeToLive;
import io.kvfunctions.store.Utf8;
import io.kvfunctions.store.Value;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JsonTest {
  /** A reader of JSON that knows nothing of ours and is as strict. */
  private static final JsonMapper STRICT =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(5_000).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final List<Json.Form<?, ?>> FORMS = List.of(Json.GET, Json.PUT, Json.DELETE);

  private final Store store = Stores.over(new SettableClock());
  private final Get get = new Get(store, new Limits(1_024, 1_048_576));

  private Entry entry(byte[] value, ContentType type) {
    store.put("k", Value.copyOf(ByteBuffer.wrap(value), type), TimeToLive.NONE, Presence.ANY);
    return store.get("k");
  }

  // ---- one document

  @Test
  void whatIsNotJsonIsRefusedWithThePlaceWhereItBreaks() {
    assertThat(detail(Json.GET, "{\"key\":tru}"))
        .isEqualTo("the body is not JSON: it breaks at byte 7");
    for (String json :
        new String[] {
          "{",
          "{\"key\"",
          "{\"key\":",
          "{\"key\":\"a\"",
          "{\"key\":\"a\",}",
          "{,}",
          "{key:\"a\"}",
          "{'key':'a'}",
          "\"",
          "\"\\x\"",
          "\"\\u12\"",
          "\"a\nb\"",
          "\"a\tb\"",
          "nul",
          "01",
          "+1",
          ".5",
          "1.",
          "1e",
          "NaN",
          "Infinity",
          "/* */ \"a\"",
          "// a\n\"a\"",
          "\"a\"]",
          "]",
          "}",
          "\u00a0\"a\""
        }) {
      assertThat(detail(Json.GET, json)).as(json).startsWith("the body is not JSON");
      assertThat(detail(Json.DELETE, json)).as(json).startsWith("the body is not JSON");
      assertThat(problem(Json.PUT, json).kind()).as(json).isEqualTo(Problem.Kind.BODY_INVALID);
    }
  }

  @Test
  void nothingMayStandBehindTheValue() {
    for (String more : new String[] {" 1", "{}", ",", " \"a\"", "x", "\u0000"}) {
      String detail = detail(Json.GET, "{\"key\":\"a\"}" + more);
      assertThat(detail)
          .as(more)
          .satisfiesAnyOf(
              d -> assertThat(d).isEqualTo("there is more behind the end of the JSON value"),
              d -> assertThat(d).startsWith("the body is not JSON: it breaks at byte 1"));
    }
    assertThat(read(Json.GET, "{\"key\":\"a\"} \r\n\t ")).isEqualTo(new Get.Input("a"));
  }

  @Test
  void whatIsNotUtf8IsRefused() {
    for (String hex :
        new String[] {"22c322", "22eda08022", "22ff22", "22c08022", "22f4908080ff22"}) {
      assertThat(problem(Json.GET, HexFormat.of().parseHex(hex)))
          .as(hex)
          .isEqualTo(Problem.of(Problem.Kind.BODY_INVALID, "the body is not UTF-8"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16BE", "UTF-16LE", "UTF-32BE", "UTF-32LE", "UTF-16"})
  void jsonInAnotherEncodingIsRefused_thoughAsciiInItIsAlsoUtf8(String charset) {
    for (String json : new String[] {"\"a\"", "{\"key\":\"a\",\"value\":[1]}", " 1", "[1]"}) {
      for (Json.Form<?, ?> form : FORMS) {
        Problem problem = problem(form, json.getBytes(Charset.forName(charset)));
        assertThat(problem.kind()).isEqualTo(Problem.Kind.BODY_INVALID);
      }
    }
  }

  @Test
  void aByteOrderMarkIsRefused() {
    assertThat(detail(Json.GET, "\ufeff\"a\""))
        .startsWith("the body is not JSON: it breaks at byte ");
  }

  @Test
  void documentsNestUpToAThousandDeep() {
    String deep = "[".repeat(999) + "]".repeat(999);
    Put.Input input = read(Json.PUT, "{\"key\":\"a\",\"value\":" + deep + "}");
    assertThat(input.value().size()).isEqualTo(1_998);

    assertThat(detail(Json.PUT, "{\"key\":\"a\",\"value\":[" + deep + "]}"))
        .isEqualTo("the JSON nests deeper than 1,000");
    for (String open : new String[] {"[", "{\"a\":", "[{\"key\":"}) {
      for (Json.Form<?, ?> form : FORMS) {
        assertThat(problem(form, open.repeat(200_000)).kind()).isEqualTo(Problem.Kind.BODY_INVALID);
        assertThatThrownBy(() -> readArray(form, "[" + open.repeat(200_000)))
            .isInstanceOf(ProblemException.class);
      }
    }
  }

  @Test
  void longTextsAndNumbersAreFine() {
    String digits = "7".repeat(1_000_000);
    assertThat(read(Json.PUT, "{\"key\":\"a\",\"value\":" + digits + "}").value().size())
        .isEqualTo(1_000_000);
    assertThat(read(Json.PUT, "{\"key\":\"a\",\"value\":\"" + digits + "\"}").value().size())
        .isEqualTo(1_000_000);
    assertThat(read(Json.PUT, "{\"key\":\"a\",\"value\":{\"" + digits + "\":1}}").value().size())
        .isEqualTo(1_000_006);
    assertThat(problem(Json.PUT, "{\"key\":\"a\",\"value\":1,\"ttl\":" + digits + "}").kind())
        .isEqualTo(Problem.Kind.TTL_INVALID);
  }

  // ---- what a problem repeats of the input

  @Test
  void aLongUnknownMemberIsNamedByItsBeginning() {
    assertThat(detail(Json.GET, "{\"" + "m".repeat(65) + "\":1}"))
        .isEqualTo("the member \"" + "m".repeat(64) + "…\" is not known, there are: key");
  }

  @Test
  void aProblemIsAlwaysUnicode_whateverItRepeats() {
    for (String name :
        new String[] {
          "\\ud800",
          "\\udc00\\ud800x",
          "m".repeat(63) + "😀😀",
          "\\u0000\\u0007\\\"\\\\\\n",
          "\\ufeff"
        }) {
      for (Json.Form<?, ?> form : FORMS) {
        assertReadable(problem(form, "{\"" + name + "\":1}"));
      }
    }
    assertReadable(Problem.of(Problem.Kind.KEY_INVALID, "x").with("key", "a\ud800b\udc00"));
    assertReadable(Problem.unsupportedMediaType("\udc00", List.of("\ud83d")));
  }

  private static void assertReadable(Problem problem) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator generator = Json.generator(bytes)) {
      Json.writeProblem(problem, 400, generator);
    }
    JsonNode tree = STRICT.readTree(bytes.toByteArray());
    assertThat(tree.get("detail").stringValue()).isNotEmpty();
    assertThat(UTF_8.newEncoder().canEncode(tree.get("detail").stringValue())).isTrue();
  }

  @Test
  void aProblemIsWrittenTypeFirstAndMembersLast() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator generator = Json.generator(bytes)) {
      Json.writeProblem(
          Problem.overLimit(
                  Problem.Kind.KEY_TOO_LONG, "key is %s bytes", 1_530, 1_024, "kv.limits.key")
              .with("key", "ab")
              .with("supported", List.of("x", "y")),
          400,
          generator);
    }
    assertThat(bytes.toString(UTF_8))
        .isEqualTo(
            "{\"type\":\"urn:kvfunctions:problem:key-too-long\",\"title\":\"The key is too"
                + " long\",\"status\":400,\"detail\":\"key is 1,530 bytes, the limit is 1,024"
                + " (kv.limits.key)\","
                + "\"limit\":1024,\"actual\":1530,\"key\":\"ab\",\"supported\":[\"x\",\"y\"]}");
  }

  @Test
  void detailsReadTheSameWhereverTheServerStands() {
    Locale before = Locale.getDefault();
    try {
      for (String locale : new String[] {"de-DE", "ar-EG-u-nu-arab", "hi-IN-u-nu-deva"}) {
        Locale.setDefault(Locale.forLanguageTag(locale));
        assertThat(((Problem) get.apply(new Get.Input("k".repeat(1_530)))).detail())
            .isEqualTo("key is 1,530 bytes, the limit is 1,024 (kv.limits.key)");
        assertThat(detail(Json.GET, "\"" + "x".repeat(2_000)))
            .isEqualTo("the body is not JSON: it breaks at byte 2,001");
        assertThat(problem(Json.PUT, "{\"key\":\"a\",\"value\":1,\"ttl\":0}").detail())
            .isEqualTo("a time to live is 1 to 3,153,600,000 whole seconds, or keep");
        assertThat(
                detail(Json.PUT, "{\"key\":\"a\",\"value\":\"" + "x".repeat(1_234) + "\\ud800\"}"))
            .isEqualTo("value holds a lone surrogate (U+D800) at character 1,235");
        assertThat(
                detail(
                    Json.PUT,
                    "{\"key\":\"a\",\"value\":1,\"contentType\":\"" + "x".repeat(1_234) + "\"}"))
            .isEqualTo("content type is 1,234 characters, it takes 1 to 255");
        assertThat(Problem.storeFull(1_234, 5_678).detail())
            .startsWith("entries hold 1,234 of 5,678 bytes");
        assertThatThrownBy(() -> TimeToLive.ofSeconds(0))
            .hasMessage("ttl is 0 s, it takes 1 to 3,153,600,000");
      }
    } finally {
      Locale.setDefault(before);
    }
  }

  // ---- arrays

  @Test
  void anArrayIsAnInputForEachElementInOrder() {
    assertThat(readArray(Json.GET, "[\"a\", {\"key\":\"b\"} ,\"c\"]"))
        .extracting(Json.Element::input)
        .containsExactly(new Get.Input("a"), new Get.Input("b"), new Get.Input("c"));
    assertThat(readArray(Json.PUT, " [ ] ")).isEmpty();
  }

  @Test
  void valuesInAnArrayKeepTheirText() {
    List<Json.Element<Put.Input>> elements =
        readArray(
            Json.PUT,
            "[{\"key\":\"é\",\"value\": 1.0 },\n{\"value\":{\"b\" : [ ]},\"key\":\"b\"}]");
    for (Json.Element<Put.Input> element : elements) {
      store.put(element.input().key(), element.input().value(), TimeToLive.NONE, Presence.ANY);
    }
    assertThat(Stores.textOf(store.get("é"))).isEqualTo("1.0");
    assertThat(Stores.textOf(store.get("b"))).isEqualTo("{\"b\" : [ ]}");
  }

  @Test
  void anElementThatIsNoInputHasItsProblem_andTheOthersStand() {
    String[] wrong = {
      "7",
      "null",
      "true",
      "[]",
      "[[[{\"key\":[1,{\"a\":[]}]}]],{}]",
      "{}",
      "{\"key\":{\"a\":[1,2,{\"b\":\"]}\"}]},\"value\":[[]]}",
      "{\"key\":\"a\",\"value\":{\"x\":[{\"y\":{}}]},\"colour\":{\"deep\":[[[{\"a\":[]}]]]},\"more\":[1]}",
      "{\"key\":\"a\",\"value\":[[[1]]],\"value\":[{\"z\":[]}]}",
      "{\"key\":\"a\",\"value\":1,\"ttl\":{\"a\":{\"b\":[]}},\"ifMatch\":\"*\"}",
      "{\"key\":\"a\",\"value\":1,\"ttl\":[[0]]}",
      "{\"key\":\"a\",\"value\":1,\"ifMatch\":[[\"*\"]]}",
      "{\"key\":\"a\",\"base64\":\"!\",\"value\":{\"a\":[{}]}}",
      "{\"key\":\"a\",\"value\":\"\\ud800\"}",
      "{\"value\":[{\"key\":\"a\"}]}"
    };
    for (String element : wrong) {
      List<Json.Element<Put.Input>> elements =
          readArray(
              Json.PUT,
              "[{\"key\":\"1\",\"value\":1},%s , {\"key\":\"2\",\"value\":2},%s]"
                  .formatted(element, element));
      assertThat(elements).as(element).hasSize(4);
      assertThat(elements.get(0).input().key()).isEqualTo("1");
      assertThat(elements.get(2).input().key()).as(element).isEqualTo("2");
      for (int i : new int[] {1, 3}) {
        assertThat(elements.get(i).input()).as(element).isNull();
        assertThat(elements.get(i).problemOrThrow().kind())
            .as(element)
            .isIn(Problem.Kind.BODY_INVALID, Problem.Kind.TTL_INVALID);
      }
    }
  }

  @Test
  void anArrayThatIsNotJsonHasNoElementsAtAll() {
    for (String json :
        new String[] {
          "[\"a\"",
          "[\"a\",]",
          "[\"a\",,\"b\"]",
          "[\"a\"]]",
          "[\"a\"] 1",
          "[\"a\" \"b\"]",
          "[7,{]",
          "[{\"x\":[}]",
          "["
        }) {
      for (Json.Form<?, ?> form : FORMS) {
        assertThatThrownBy(() -> readArray(form, json))
            .as(json)
            .isInstanceOf(ProblemException.class);
      }
    }
  }

  @Test
  void aBatchThatIsNoArrayIsRefused() {
    assertThatThrownBy(() -> readArray(Json.GET, "{\"key\":\"a\"}"))
        .isInstanceOf(ProblemException.class)
        .hasMessage("the batch is an object, it takes an array");
  }

  @Test
  void anArrayHasAtMostAsManyElementsAsAllowed() {
    byte[] three = "[\"a\",7,\"c\"]".getBytes(UTF_8);
    assertThat(Json.readArray(Json.GET, three, 0, three.length, 3)).hasSize(3);
    assertThatThrownBy(() -> Json.readArray(Json.GET, three, 0, three.length, 2))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e ->
                assertThat(e.problem())
                    .isEqualTo(
                        new Problem(
                            Problem.Kind.BATCH_TOO_LARGE,
                            "the array has 3 elements or more, the limit is 2 (kv.limits.batch)",
                            Map.of("limit", 2L, "actual", 3L))));
  }

  @Test
  void elementsOfAnArrayAreItsTexts() {
    byte[] array = " [ 1.0 ,{\"a\" : [ ]},\"é\", null,[\n] ]".getBytes(UTF_8);
    assertThat(Json.elements(array).stream().map(text -> new String(text, UTF_8)))
        .containsExactly("1.0", "{\"a\" : [ ]}", "\"é\"", "null", "[\n]");
  }

  // ---- what is written

  @Test
  void onOneLine_jsonThatHasMoreIsGivenAsBase64() {
    for (String json : new String[] {"{\n}", "[1,\r2]", "1\n"}) {
      Entry entry = entry(json.getBytes(UTF_8), ContentType.JSON);
      assertThat(Jsons.write(Json.GET, new Get.Found("k", entry, 0), true))
          .as(json)
          .contains("\"base64\":\"");
      assertThat(Jsons.write(Json.GET, new Get.Found("k", entry, 0), false))
          .as(json)
          .contains("\"value\":" + json);
    }
  }

  @Test
  void outputsFollowOneAnotherWithNothingInBetween() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator generator = Json.generator(bytes)) {
      Json.DELETE.write(new Delete.Gone("a", true), generator, true);
      Json.DELETE.write(new Delete.Gone("b", false), generator, true);
    }
    assertThat(bytes.toString(UTF_8))
        .isEqualTo("{\"key\":\"a\",\"deleted\":true}{\"key\":\"b\",\"deleted\":false}");
  }

  @Test
  void whatIsExportedOnALineIsImportedByteForByte() {
    Random random = new Random(Seed.forTest("JsonTest.export"));
    for (int i = 0; i < 20_000; i++) {
      byte[] value = value(random);
      ContentType type = ContentType.of(TYPES[random.nextInt(TYPES.length)]);
      Entry entry = entry(value, type);
      String line = Jsons.write(Json.GET, new Get.Found("k", entry, random.nextInt(2) * 60L), true);

      String what = HexFormat.of().formatHex(value) + " as " + type;
      assertThat(line).as(what).doesNotContain("\n", "\r");
      assertThat(STRICT.readTree(line).isObject()).as(what).isTrue();
      Put.Input input = read(Json.PUT, line);
      store.put("back", input.value(), input.ttl(), input.condition());
      assertThat(store.get("back").value()).as(what).isEqualTo(entry.value());
      assertThat(store.get("back").contentType()).as(what).isEqualTo(type);
    }
  }

  @Test
  void jsonAsDeepAsCanBeStoredIsExportedSoThatItCanBeImported() {
    for (int depth = 990; depth <= 1_005; depth++) {
      byte[] deep = ("[".repeat(depth) + "]".repeat(depth)).getBytes(UTF_8);
      Entry entry = entry(deep, ContentType.JSON);
      String line = Jsons.write(Json.GET, new Get.Found("k", entry, 0), true);
      store.put("back", read(Json.PUT, line).value(), TimeToLive.NONE, Presence.ANY);
      assertThat(store.get("back").value()).as("depth %d", depth).isEqualTo(entry.value());

      List<Json.Element<Put.Input>> batch = readArray(Json.PUT, "[" + line + "]");
      assertThat(batch.getFirst().input().value().size()).isEqualTo(deep.length);
    }
  }

  private static final String[] TYPES = {
    "text/plain;charset=utf-8",
    "text/html",
    "text/plain;charset=latin1",
    "application/json",
    "application/ld+json; charset=utf-16",
    "application/octet-stream",
    "\u00e9 \"\\"
  };

  private static final String[] PIECES = {
    "1",
    "0.10",
    "-1e400",
    "\"a\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud800\"",
    "{\"\\ud800\":1}",
    "{\"a\" : 1}",
    "[1 , 2]",
    "null",
    "{}",
    "[]",
    " ",
    "\n",
    "\r",
    "\t",
    "é",
    "😀",
    "\u2028",
    "\u0000",
    "\u007f",
    "\u0080",
    "\ufffd",
    "\ufeff",
    "\"",
    "\\",
    "/",
    "</script>",
    "[",
    "]",
    "{",
    "}",
    ":",
    ","
  };

  private static byte[] value(Random random) {
    StringBuilder text = new StringBuilder();
    for (int n = random.nextInt(4); n >= 0; n--) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    byte[] bytes = text.toString().getBytes(UTF_8);
    if (random.nextInt(8) == 0 && bytes.length > 0) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return bytes;
  }

  // ---- fuzz

  @Test
  void damagedDocumentsEndInAProblemAndNothingElse() {
    Random random = new Random(Seed.forTest("JsonTest.fuzz"));
    int read = 0;
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = damaged(DOCUMENTS[random.nextInt(DOCUMENTS.length)].getBytes(UTF_8), random);
      Json.Form<?, ?> form = FORMS.get(random.nextInt(FORMS.size()));
      try {
        Json.read(form, bytes, 0, bytes.length);
        read++;
        assertThat(tree(bytes)).as(() -> shown(bytes)).isNotNull();
      } catch (ProblemException e) {
        assertThat(e.problem().kind()).isIn(Problem.Kind.BODY_INVALID, Problem.Kind.TTL_INVALID);
        assertReadable(e.problem());
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(shown(bytes), e);
      }
    }
    assertThat(read).isGreaterThan(5_000);
  }

  @Test
  void damagedArraysHaveAsManyElementsAsAnyReaderSees() {
    Random random = new Random(Seed.forTest("JsonTest.arrays"));
    int read = 0;
    for (int i = 0; i < 50_000; i++) {
      StringBuilder array = new StringBuilder("[");
      for (int n = random.nextInt(4); n >= 0; n--) {
        array.append(DOCUMENTS[random.nextInt(DOCUMENTS.length)]).append(n > 0 ? "," : "]");
      }
      byte[] bytes = damaged(array.toString().getBytes(UTF_8), random);
      Json.Form<?, ?> form = FORMS.get(random.nextInt(FORMS.size()));
      JsonNode tree = tree(bytes);
      try {
        List<?> elements = Json.readArray(form, bytes, 0, bytes.length, 10_000);
        read++;
        assertThat(tree).as(() -> shown(bytes)).isNotNull();
        assertThat(elements).as(() -> shown(bytes)).hasSize(tree.size());
      } catch (ProblemException e) {
        assertThat(e.problem().kind()).isEqualTo(Problem.Kind.BODY_INVALID);
        assertThat(tree == null || !tree.isArray()).as(() -> shown(bytes)).isTrue();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(shown(bytes), e);
      }
    }
    assertThat(read).isGreaterThan(5_000);
  }

  private static final String[] DOCUMENTS = {
    "\"a\"",
    "{\"key\":\"a\"}",
    "{\"key\":\"a\",\"ifMatch\":\"*\"}",
    "{ \"key\" : \"\\u00e9😀\", \"value\" : {\"b\": 1.0, \"a\":[true,false,null,\"x\\n"
        + "\"]} , \"ttl\":60}",
    "{\"key\":\"a\",\"value\":\"text\",\"contentType\":\"text/html\",\"ttl\":\"keep\",\"ifNoneMatch\":\"*\"}",
    "{\"key\":\"a\",\"base64\":\"/wAB\",\"etag\":\"AAAAAAAAAAEAAAAC\"}",
    "{\"key\":\"a\",\"value\":-12.50e+3,\"ifMatch\":\"\\\"AAAAAAAAAAEAAAAC\\\"\"}"
  };

  private static final byte[] SPICE = "{}[]\",:\\/u0dD8e-+.tfn \n\ud83d".getBytes(UTF_8);

  private static byte[] damaged(byte[] document, Random random) {
    byte[] bytes = document;
    for (int n = random.nextInt(4); n > 0 && bytes.length > 0; n--) {
      int at = random.nextInt(bytes.length);
      byte with =
          random.nextInt(4) == 0 ? (byte) random.nextInt(256) : SPICE[random.nextInt(SPICE.length)];
      switch (random.nextInt(5)) {
        case 0 -> {
          bytes = bytes.clone();
          bytes[at] = with;
        }
        case 1 -> bytes = joined(Arrays.copyOf(bytes, at), new byte[] {with}, tail(bytes, at));
        case 2 -> bytes = joined(Arrays.copyOf(bytes, at), new byte[0], tail(bytes, at + 1));
        case 3 -> {
          int to = at + random.nextInt(bytes.length - at);
          bytes = joined(Arrays.copyOf(bytes, to), new byte[0], tail(bytes, at)); // a piece twice
        }
        default -> bytes = random.nextInt(4) == 0 ? Arrays.copyOf(bytes, at) : bytes;
      }
    }
    return bytes;
  }

  private static byte[] tail(byte[] bytes, int from) {
    return Arrays.copyOfRange(bytes, Math.min(from, bytes.length), bytes.length);
  }

  private static byte[] joined(byte[] a, byte[] b, byte[] c) {
    return ByteBuffer.allocate(a.length + b.length + c.length).put(a).put(b).put(c).array();
  }

  /** What a reader of strict JSON sees, null where it sees none. */
  private static JsonNode tree(byte[] bytes) {
    String text = Utf8.decode(bytes, 0, bytes.length);
    if (text == null) {
      return null;
    }
    try {
      JsonNode tree = STRICT.readTree(text);
      return tree.isMissingNode() ? null : tree;
    } catch (JacksonException e) {
      return null;
    }
  }

  private static String shown(byte[] bytes) {
    return new String(bytes, UTF_8) + " = " + HexFormat.of().formatHex(bytes);
  }
}
