package io.kvfunctions.functions;

import static io.kvfunctions.functions.Jsons.detail;
import static io.kvfunctions.functions.Jsons.read;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.SettableClock;
import io.kvfunctions.store.Condition.Presence;
import io.kvfunctions.store.ContentType;
import io.kvfunctions.store.Store;
import io.kvfunctions.store.Stores;
import io.kvfunctions.store.TimeToLive;
import io.kvfunctions.store.Value;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class GetTest {
  private final SettableClock clock = new SettableClock();
  private final Store store = Stores.over(clock);
  private final Get get = new Get(store, new Limits(1_024, 1_048_576));

  private String json(String key, Value value, TimeToLive ttl) {
    store.put(key, value, ttl, Presence.ANY);
    return Jsons.write(Json.GET, get.apply(new Get.Input(key)), false);
  }

  private String etag(String key) {
    return store.get(key).etag().toString();
  }

  private static Value of(String contentType, String text) {
    return Value.utf8(text, ContentType.of(contentType));
  }

  private static Value of(String contentType, byte... bytes) {
    return Value.copyOf(ByteBuffer.wrap(bytes), ContentType.of(contentType));
  }

  // ---- the input

  @Test
  void theInputIsAKeyOrAnObjectWithOne() {
    assertThat(read(Json.GET, "{\"key\":\"a\"}")).isEqualTo(new Get.Input("a"));
    assertThat(read(Json.GET, " \"a\" ")).isEqualTo(new Get.Input("a"));
    assertThat(read(Json.GET, "\"\\u00e9 \\uD83D\\uDE00 \\\"\\/ \\u0000\""))
        .isEqualTo(new Get.Input("é 😀 \"/ \0"));
  }

  @Test
  void whatIsNoInputIsRefusedWithWhatToChange() {
    assertThat(detail(Json.GET, "{}")).isEqualTo("the member \"key\" is missing");
    assertThat(detail(Json.GET, "{\"key\":7}")).isEqualTo("key is a number, it takes a string");
    assertThat(detail(Json.GET, "{\"key\":null}")).isEqualTo("key is null, it takes a string");
    assertThat(detail(Json.GET, "{\"key\":{}}")).isEqualTo("key is an object, it takes a string");
    assertThat(detail(Json.GET, "{\"key\":\"a\",\"key\":\"b\"}"))
        .isEqualTo("the member \"key\" stands twice");
    assertThat(detail(Json.GET, "{\"key\":\"a\",\"ttl\":1}"))
        .isEqualTo("the member \"ttl\" is not known, there are: key");
    assertThat(detail(Json.GET, "7"))
        .isEqualTo("the input is a number, it takes a string or an object with the member \"key\"");
    assertThat(detail(Json.GET, "[\"a\"]"))
        .isEqualTo("the input is an array, it takes a string or an object with the member \"key\"");
    assertThat(detail(Json.GET, "")).isEqualTo("the body is empty, it takes JSON");
    assertThat(detail(Json.GET, " \n\t ")).isEqualTo("the body is empty, it takes JSON");
  }

  // ---- keys

  @Test
  void aKeyIsOneTo1024BytesOfUtf8() {
    assertThat(get.apply(new Get.Input("")))
        .isEqualTo(Problem.of(Problem.Kind.KEY_EMPTY, "a key has at least one character"));
    assertThat(kind("k".repeat(1_024))).isEqualTo(Problem.Kind.NOT_FOUND);
    assertThat(kind("é".repeat(512))).isEqualTo(Problem.Kind.NOT_FOUND);
    assertThat(kind("€".repeat(341) + "k")).isEqualTo(Problem.Kind.NOT_FOUND);
    assertThat(kind("😀".repeat(256))).isEqualTo(Problem.Kind.NOT_FOUND);

    for (String tooLong :
        new String[] {
          "k".repeat(1_025), "é".repeat(512) + "k", "€".repeat(341) + "é", "😀".repeat(256) + "k"
        }) {
      Problem problem = (Problem) get.apply(new Get.Input(tooLong));
      assertThat(problem.kind()).isEqualTo(Problem.Kind.KEY_TOO_LONG);
      assertThat(problem.detail())
          .isEqualTo("key is 1,025 bytes, the limit is 1,024 (kv.limits.key)");
      assertThat(problem.members())
          .containsExactly(
              java.util.Map.entry("limit", 1_024L), java.util.Map.entry("actual", 1_025L));
    }
  }

  @Test
  void aKeyWithHalfASurrogatePairIsNoText() {
    for (String key : new String[] {"a\ud83d", "a\ude00b", "a\ud83dx", "a\ude00\ud83d"}) {
      Problem problem = (Problem) get.apply(new Get.Input(key));
      assertThat(problem.kind()).isEqualTo(Problem.Kind.KEY_INVALID);
      assertThat(problem.detail())
          .isEqualTo(
              "the key holds a lone surrogate (U+%04X) at character 2"
                  .formatted((int) key.charAt(1)));
    }
  }

  private Problem.Kind kind(String key) {
    return ((Problem) get.apply(new Get.Input(key))).kind();
  }

  // ---- the output

  @Test
  void textIsGivenAsAString() {
    assertThat(json("a", of("text/plain;charset=utf-8", "Grüße \"1\"\n"), TimeToLive.NONE))
        .isEqualTo(
            "{\"key\":\"a\",\"value\":\"Grüße \\\"1\\\"\\n\",\"contentType\":\"text/plain;charset=utf-8\",\"etag\":\"%s\"}"
                .formatted(etag("a")));
  }

  @Test
  void jsonIsGivenAsItsOwnText() {
    for (String value :
        new String[] {
          "{\"b\": 1.0,\n \"a\":123456789012345678901234567890}",
          "1e400",
          "\"é\\u00e9\"",
          "null",
          "[ ]"
        }) {
      assertThat(json("a", of("application/json", value), TimeToLive.NONE))
          .isEqualTo(
              "{\"key\":\"a\",\"value\":%s,\"contentType\":\"application/json\",\"etag\":\"%s\"}"
                  .formatted(value, etag("a")));
    }
  }

  @Test
  void whatIsNeitherIsGivenAsBase64() {
    assertThat(json("a", of("image/png", (byte) 0xff, (byte) 0, (byte) 1), TimeToLive.NONE))
        .isEqualTo(
            "{\"key\":\"a\",\"base64\":\"/wAB\",\"contentType\":\"image/png\",\"etag\":\"%s\"}"
                .formatted(etag("a")));
    assertThat(json("a", of("text/plain", (byte) 0xff), TimeToLive.NONE))
        .contains("\"base64\":\"/w==\"");
    assertThat(json("a", of("text/plain;charset=latin1", "x"), TimeToLive.NONE))
        .contains("\"base64\":\"eA==\"");
    for (String notJson :
        new String[] {
          "", " ", "{", "01", "NaN", "1 2", "'a'", "{\"a\":1,}", "\"\u0001\"", "\ufeff1", "// c\n1"
        }) {
      assertThat(json("a", of("application/json", notJson), TimeToLive.NONE))
          .as(notJson)
          .contains("\"base64\":\"");
    }
    assertThat(
            json("a", of("application/json", (byte) '"', (byte) 0xc3, (byte) '"'), TimeToLive.NONE))
        .contains("\"base64\":\"IsMi\"");
  }

  @Test
  void ttlIsWholeSecondsRoundedUp_andLeftOutWhereThereIsNone() {
    assertThat(json("a", Stores.text("1"), TimeToLive.ofSeconds(10))).endsWith(",\"ttl\":10}");
    clock.move(Duration.ofMillis(9_001));
    assertThat(Jsons.write(Json.GET, get.apply(new Get.Input("a")), false)).endsWith(",\"ttl\":1}");
    clock.move(Duration.ofMillis(999));
    assertThat(get.apply(new Get.Input("a")))
        .isEqualTo(Problem.of(Problem.Kind.NOT_FOUND, "there is no entry under this key"));
  }

  // ---- several at once

  @Test
  void severalAreEachAnsweredInItsPlace() {
    store.put("a", Stores.text("1"), TimeToLive.NONE, Presence.ANY);
    store.put("b", Stores.text("2"), TimeToLive.ofSeconds(1), Presence.ANY);
    store.put("c", Stores.text("3"), TimeToLive.ofSeconds(9), Presence.ANY);
    clock.move(Duration.ofSeconds(2));
    List<Get.Input> inputs = Stream.of("c", "", "b", "none", "a", "a").map(Get.Input::new).toList();

    assertThat(get.applyAll(inputs)).isEqualTo(inputs.stream().map(get).toList());
    assertThat(get.applyAll(List.of())).isEmpty();
    assertThat(get.applyAll(List.of(new Get.Input("")))).hasSize(1);
  }
}
