package io.kvfunctions.functions;

import static io.kvfunctions.functions.Jsons.detail;
import static io.kvfunctions.functions.Jsons.problem;
import static io.kvfunctions.functions.Jsons.read;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.SettableClock;
import io.kvfunctions.store.Condition;
import io.kvfunctions.store.Condition.Presence;
import io.kvfunctions.store.Entry;
import io.kvfunctions.store.Etag;
import io.kvfunctions.store.Occurrence;
import io.kvfunctions.store.Store;
import io.kvfunctions.store.Stores;
import io.kvfunctions.store.TimeToLive;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PutTest {
  private static final String ETAG = "AAAAAAAAAAEAAAAC";

  private final Store store = Stores.over(new SettableClock());
  private final Put put = new Put(store, new Limits(1_024, 1_048_576));

  private Put.Output put(String json) {
    return put.apply(read(Json.PUT, json));
  }

  private Entry written(String members) {
    assertThat(put("{\"key\":\"a\"," + members + "}")).isInstanceOf(Put.Stored.class);
    return store.get("a");
  }

  private void assertWritten(String members, String value, String contentType) {
    Entry entry = written(members);
    assertThat(Stores.textOf(entry)).as(members).isEqualTo(value);
    assertThat(entry.contentType().toString()).as(members).isEqualTo(contentType);
  }

  private static TimeToLive ttl(String ttl) {
    return read(Json.PUT, "{\"key\":\"a\",\"value\":1,\"ttl\":" + ttl + "}").ttl();
  }

  private static Condition condition(String members) {
    return read(Json.PUT, "{\"key\":\"a\",\"value\":1," + members + "}").condition();
  }

  // ---- values

  @Test
  void aStringWithoutATypeIsText() {
    assertWritten(
        "\"value\":\"Gr\\u00fc\\u00dfe \\uD83D\\uDE00\"", "Grüße 😀", "text/plain;charset=utf-8");
    assertWritten("\"value\":\"\"", "", "text/plain;charset=utf-8");
  }

  @Test
  void anyOtherValueWithoutATypeIsJsonInItsOwnText() {
    for (String json :
        new String[] {
          "1.0",
          "-0",
          "1E400",
          "123456789012345678901234567890.10",
          "true",
          "false",
          "null",
          "[]",
          "[ 1,\t2 ,\n3 ]",
          "{}",
          "{\"b\": 1.0,  \"a\":[{\"x\" : \"\\u00e9é😀\"}], \"b\":2}",
          "[\"}\",\"]\",\"\\\"\"]"
        }) {
      for (String around : new String[] {"%s", " %s", "%s ", "\n%s\t"}) {
        assertWritten("\"value\":" + around.formatted(json), json, "application/json");
        assertWritten(
            "\"value\":" + around.formatted(json) + ",\"ttl\":7", json, "application/json");
      }
    }
  }

  @Test
  void whatStandsBeforeTheValueDoesNotShiftIt() {
    put(
        "  {\"ttl\" : 5, \"contentType\":\"application/json\", \"key\" :\"é😀\" , \"value\":"
            + " {\"é\" :1} } \n");
    assertThat(Stores.textOf(store.get("é😀"))).isEqualTo("{\"é\" :1}");
  }

  @Test
  void aDocumentMayStandAnywhereInTheBytes() {
    byte[] bytes = "xx{\"key\":\"a\",\"value\":[1, 2]}yy".getBytes(UTF_8);
    put.apply(Json.read(Json.PUT, bytes, 2, bytes.length - 2));
    assertThat(Stores.textOf(store.get("a"))).isEqualTo("[1, 2]");
  }

  @Test
  void withAJsonTypeTheValueIsTheJson_alsoWhereItIsAString() {
    assertWritten(
        "\"value\":\"x\",\"contentType\":\"application/json\"", "\"x\"", "application/json");
    assertWritten(
        "\"contentType\":\"application/json\",\"value\":\"\\u0041\"",
        "\"\\u0041\"",
        "application/json");
    assertWritten(
        "\"value\":{\"a\": 1},\"contentType\":\"application/ld+json\"",
        "{\"a\": 1}",
        "application/ld+json");
    assertWritten(
        "\"value\":\"\\ud800\",\"contentType\":\"application/json\"",
        "\"\\ud800\"",
        "application/json");
  }

  @Test
  void withAnotherTypeAStringIsItsUtf8AndAnythingElseItsOwnText() {
    assertWritten("\"value\":\"<p>é\",\"contentType\":\"text/html\"", "<p>é", "text/html");
    assertWritten("\"value\":[1, 2],\"contentType\":\"text/csv\"", "[1, 2]", "text/csv");
    assertWritten("\"value\":\"x\",\"contentType\":\"image/png\"", "x", "image/png");
  }

  @Test
  void base64IsBytes() {
    Entry entry = written("\"base64\":\"/wAB\"");
    assertThat(entry.value()).isEqualTo(ByteBuffer.wrap(new byte[] {(byte) 0xff, 0, 1}));
    assertThat(entry.contentType().toString()).isEqualTo("application/octet-stream");
    assertWritten("\"base64\":\"\"", "", "application/octet-stream");
    assertWritten("\"base64\":\"eA==\",\"contentType\":\"text/plain\"", "x", "text/plain");
    assertWritten("\"base64\":\"eA\"", "x", "application/octet-stream");
    assertWritten(
        "\"contentType\":\"application/json\",\"base64\":\"eA==\"", "x", "application/json");
  }

  @Test
  void whatIsNotBase64IsRefused() {
    for (String text :
        new String[] {"_w==", "e", "eA=", "eA ==", "e\\nA==", "\\u0141A==", "eA==eA=="}) {
      assertThat(detail(Json.PUT, "{\"key\":\"a\",\"base64\":\"" + text + "\"}"))
          .as(text)
          .isEqualTo("base64 is not base64 (RFC 4648 §4)");
    }
    assertThat(detail(Json.PUT, "{\"key\":\"a\",\"base64\":1}"))
        .isEqualTo("base64 is a number, it takes a string");
  }

  @Test
  void exactlyOneOfValueAndBase64IsNeeded() {
    String detail = "one of the members \"value\" and \"base64\" is needed, and only one";
    assertThat(detail(Json.PUT, "{\"key\":\"a\"}")).isEqualTo(detail);
    assertThat(detail(Json.PUT, "{\"key\":\"a\",\"value\":1,\"base64\":\"\"}")).isEqualTo(detail);
  }

  @Test
  void aStringWithHalfASurrogatePairIsNoText() {
    assertThat(detail(Json.PUT, "{\"key\":\"a\",\"value\":\"x\\ud83dy\"}"))
        .isEqualTo("value holds a lone surrogate (U+D83D) at character 2");
    assertThat(detail(Json.PUT, "{\"key\":\"a\",\"value\":\"\\ude00\\ud83d\"}"))
        .isEqualTo("value holds a lone surrogate (U+DE00) at character 1");
  }

  @Test
  void aValueIsUpToTheLimit() {
    Put small = new Put(store, new Limits(1_024, 4));
    assertThat(small.apply(read(Json.PUT, "{\"key\":\"a\",\"value\":\"éé\"}")))
        .isInstanceOf(Put.Stored.class);
    Problem problem = (Problem) small.apply(read(Json.PUT, "{\"key\":\"a\",\"value\":\"ééx\"}"));
    assertThat(problem)
        .isEqualTo(
            new Problem(
                Problem.Kind.VALUE_TOO_LARGE,
                "value is 5 bytes, the limit is 4 (kv.limits.value)",
                Map.of("limit", 4L, "actual", 5L)));
    assertThat(problem.members().keySet()).containsExactly("limit", "actual");
  }

  // ---- content types

  @Test
  void aContentTypeIsKeptAsItIsWritten() {
    assertWritten(
        "\"value\":\"x\",\"contentType\":\"TEXT/Plain ; a=\\\"b\\\"\"",
        "x",
        "TEXT/Plain ; a=\"b\"");
  }

  @Test
  void aContentTypeThatCouldNotStandInAHeaderIsRefused() {
    assertThat(detail(Json.PUT, "{\"key\":\"a\",\"value\":1,\"contentType\":\"a\\r\\nb\"}"))
        .isEqualTo("content type holds the character U+000D");
    assertThat(detail(Json.PUT, "{\"key\":\"a\",\"value\":1,\"contentType\":\"\"}"))
        .isEqualTo("content type is 0 characters, it takes 1 to 255");
    assertThat(detail(Json.PUT, "{\"key\":\"a\",\"value\":1,\"contentType\":null}"))
        .isEqualTo("contentType is null, it takes a string");
  }

  // ---- time to live

  @Test
  void ttlIsWholeSecondsOrKeep() {
    assertThat(ttl("1")).isEqualTo(TimeToLive.ofSeconds(1));
    assertThat(ttl("3153600000")).isEqualTo(TimeToLive.ofSeconds(3_153_600_000L));
    assertThat(ttl("\"keep\"")).isEqualTo(TimeToLive.KEEP);
    assertThat(read(Json.PUT, "{\"key\":\"a\",\"value\":1}").ttl()).isEqualTo(TimeToLive.NONE);
  }

  @Test
  void anyOtherTtlIsInvalid() {
    for (String ttl :
        new String[] {
          "0",
          "-1",
          "1.0",
          "1e3",
          "3153600001",
          "99999999999999999999",
          "\"1\"",
          "\"KEEP\"",
          "\"\"",
          "null",
          "true",
          "[]",
          "{\"a\":1}"
        }) {
      assertThat(problem(Json.PUT, "{\"key\":\"a\",\"value\":1,\"ttl\":" + ttl + "}"))
          .as(ttl)
          .isEqualTo(
              Problem.of(
                  Problem.Kind.TTL_INVALID,
                  "a time to live is 1 to 3,153,600,000 whole seconds, or keep"));
    }
  }

  @Test
  void ttlAsTextIsDigitsOrKeep() {
    assertThat(Ttl.parse("keep")).isEqualTo(TimeToLive.KEEP);
    assertThat(Ttl.parse("60")).isEqualTo(TimeToLive.ofSeconds(60));
    assertThat(Ttl.parse("0060")).isEqualTo(TimeToLive.ofSeconds(60));
    for (String text :
        new String[] {
          "", " 60", "60 ", "+60", "-60", "6O", "0", "keep ", "1,000", "\u0661", "00000000001"
        }) {
      assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> Ttl.parse(text)))
          .as(text)
          .isInstanceOf(ProblemException.class)
          .hasMessage("a time to live is 1 to 3,153,600,000 whole seconds, or keep");
    }
  }

  // ---- conditions

  @Test
  void ifMatchIsAnEtagWithOrWithoutQuotesOrAStar() {
    Condition named = Condition.match(Etag.parse(ETAG));
    assertThat(condition("\"ifMatch\":\"" + ETAG + "\"")).isEqualTo(named);
    assertThat(condition("\"ifMatch\":\"\\\"" + ETAG + "\\\"\"")).isEqualTo(named);
    assertThat(condition("\"ifMatch\":\"*\"")).isEqualTo(Presence.PRESENT);
  }

  @Test
  void ifMatchWithWhatIsNoEtagOfThisStoreNeverHolds() {
    written("\"value\":1");
    for (String etag :
        new String[] {"", "x", "\\\"\\\"", "\\\"", "W/\\\"" + ETAG + "\\\"", "AAAAAAAAAAAAAA=="}) {
      assertThat(condition("\"ifMatch\":\"" + etag + "\""))
          .as(etag)
          .isEqualTo(new Condition.Match(Set.of()));
      assertThat(((Problem) put("{\"key\":\"a\",\"value\":2,\"ifMatch\":\"" + etag + "\"}")).kind())
          .isEqualTo(Problem.Kind.PRECONDITION_FAILED);
    }
    assertThat(Stores.textOf(store.get("a"))).isEqualTo("1");
  }

  @Test
  void ifNoneMatchIsAStarOrAnEtag() {
    assertThat(condition("\"ifNoneMatch\":\"*\"")).isEqualTo(Presence.ABSENT);
    assertThat(condition("\"ifNoneMatch\":\"" + ETAG + "\""))
        .isEqualTo(new Condition.NoneMatch(Set.of(Etag.parse(ETAG))));
    assertThat(condition("\"ifNoneMatch\":\"x\"")).isEqualTo(Presence.ANY);
  }

  @Test
  void bothConditionsMustHold() {
    assertThat(condition("\"ifMatch\":\"*\",\"ifNoneMatch\":\"*\""))
        .isEqualTo(new Condition.Both(Presence.PRESENT, Presence.ABSENT));
  }

  @Test
  void aConditionThatIsNoStringIsRefused() {
    assertThat(detail(Json.PUT, "{\"key\":\"a\",\"value\":1,\"ifMatch\":[\"*\"]}"))
        .isEqualTo("ifMatch is an array, it takes a string");
    assertThat(detail(Json.PUT, "{\"key\":\"a\",\"value\":1,\"ifNoneMatch\":true}"))
        .isEqualTo("ifNoneMatch is a boolean, it takes a string");
  }

  @Test
  void preconditionFailedNamesTheCurrentEtag() {
    Entry entry = written("\"value\":1");
    assertThat(put("{\"key\":\"a\",\"value\":2,\"ifNoneMatch\":\"*\"}"))
        .isEqualTo(
            new Problem(
                Problem.Kind.PRECONDITION_FAILED,
                "the condition does not hold of the current entry: read it again and decide anew",
                Map.of("currentEtag", entry.etag().toString())));
    assertThat(put("{\"key\":\"none\",\"value\":2,\"ifMatch\":\"*\"}"))
        .isEqualTo(
            Problem.of(
                Problem.Kind.PRECONDITION_FAILED,
                "the condition does not hold: there is no entry under this key"));
  }

  // ---- the rest of the input

  @Test
  void anEtagIsTakenAndIgnored_soThatWhatWasExportedCanBeImported() {
    assertThat(written("\"value\":1,\"etag\":\"whatever\"").etag().toString())
        .isNotEqualTo("whatever");
    assertThat(detail(Json.PUT, "{\"key\":\"a\",\"value\":1,\"etag\":7}"))
        .isEqualTo("etag is a number, it takes a string");
  }

  @Test
  void unknownRepeatedAndMissingMembersAreRefusedByName() {
    assertThat(detail(Json.PUT, "{\"key\":\"a\",\"value\":1,\"TTL\":5}"))
        .isEqualTo(
            "the member \"TTL\" is not known, there are: key, value, base64, contentType, ttl,"
                + " ifMatch, ifNoneMatch, etag");
    assertThat(detail(Json.PUT, "{\"key\":\"a\",\"value\":1,\"value\":1}"))
        .isEqualTo("the member \"value\" stands twice");
    assertThat(detail(Json.PUT, "{\"value\":1}")).isEqualTo("the member \"key\" is missing");
    assertThat(detail(Json.PUT, "\"a\""))
        .isEqualTo(
            "the input is a string, it takes an object with the members \"key\" and \"value\"");
  }

  // ---- outcomes

  @Test
  void theOutputSaysTheEtagAndWhetherTheKeyIsNew() {
    Put.Output created = put("{\"key\":\"a\",\"value\":1}");
    assertThat(created).isEqualTo(new Put.Stored("a", store.get("a").etag(), true));
    assertThat(Jsons.write(Json.PUT, created, false))
        .isEqualTo("{\"key\":\"a\",\"etag\":\"" + store.get("a").etag() + "\",\"created\":true}");
    assertThat(put("{\"key\":\"a\",\"value\":1}"))
        .isEqualTo(new Put.Stored("a", store.get("a").etag(), false));
  }

  @Test
  void aFullStoreSaysWhatIsHeldAndWhatMayBe() {
    Put full = new Put(Stores.over(new SettableClock(), 1_000), new Limits(1_024, 1_048_576));
    Problem problem =
        (Problem)
            full.apply(
                read(Json.PUT, "{\"key\":\"a\",\"value\":\"%s\"}".formatted("x".repeat(1_000))));
    assertThat(problem)
        .isEqualTo(
            new Problem(
                Problem.Kind.STORE_FULL,
                "entries hold 0 of 1,000 bytes (kv.limits.memory): delete some, let some expire, or"
                    + " give the store more memory",
                Map.of("limit", 1_000L, "actual", 0L)));
  }

  @Test
  void keysAreCheckedFirst() {
    assertThat(((Problem) put("{\"key\":\"\",\"value\":1}")).kind())
        .isEqualTo(Problem.Kind.KEY_EMPTY);
    assertThat(((Problem) put("{\"key\":\"\\ud800\",\"value\":1}")).kind())
        .isEqualTo(Problem.Kind.KEY_INVALID);
    assertThat(((Problem) put("{\"key\":\"" + "k".repeat(1_025) + "\",\"value\":1}")).kind())
        .isEqualTo(Problem.Kind.KEY_TOO_LONG);
    assertThat(store.size()).isZero();
  }

  // ---- events

  private static Put.Input inputOf(Occurrence event) {
    return new Put.Input("a", Stores.text("1"), TimeToLive.NONE, Presence.ANY, event);
  }

  @Test
  void anEventIsAppliedOnceAndNotAfterALaterOne() {
    Occurrence event = Occurrence.of("/test", "2", Instant.ofEpochSecond(2));

    assertThat(put.apply(inputOf(event))).isInstanceOf(Put.Stored.class);
    assertThat(put.apply(inputOf(event))).isEqualTo(new Ignored(Ignored.Why.DUPLICATE));
    assertThat(put.apply(inputOf(Occurrence.of("/test", "1", Instant.ofEpochSecond(1)))))
        .isEqualTo(new Ignored(Ignored.Why.STALE));
  }

  @Test
  void whyAnEventWasIgnoredIsWrittenToo() {
    assertThat(Jsons.write(Json.PUT, new Ignored(Ignored.Why.DUPLICATE), true))
        .isEqualTo("{\"ignored\":\"duplicate\"}");
    assertThat(Jsons.write(Json.DELETE, new Ignored(Ignored.Why.STALE), true))
        .isEqualTo("{\"ignored\":\"stale\"}");
  }

  @Test
  void whatIsReadFromJsonIsAskedForByNoEvent() {
    assertThat(read(Json.PUT, "{\"key\":\"a\",\"value\":1}").event()).isNull();
    assertThat(read(Json.DELETE, "\"a\"").event()).isNull();
    assertThat(read(Json.DELETE, "{\"key\":\"a\"}").event()).isNull();
  }

  @Test
  void severalAreEachDoneInTheirOrder_andOneThatFailsStopsNoOther() {
    List<Put.Output> outputs =
        put.applyAll(
            List.of(
                input("a", "1", Presence.ANY),
                input("", "2", Presence.ANY),
                input("a", "3", Presence.ABSENT),
                input("b", "4", Presence.ANY),
                input("a", "5", Presence.PRESENT)));

    assertThat(outputs).hasSize(5);
    Etag first = ((Put.Stored) outputs.get(0)).etag();
    Etag last = store.get("a").etag();
    assertThat(outputs)
        .containsExactly(
            new Put.Stored("a", first, true),
            Problem.of(Problem.Kind.KEY_EMPTY, "a key has at least one character"),
            Problem.preconditionFailed(first),
            new Put.Stored("b", store.get("b").etag(), true),
            new Put.Stored("a", last, false));
    assertThat(Stores.textOf(store.get("a"))).isEqualTo("5");
  }

  private static Put.Input input(String key, String text, Presence condition) {
    return new Put.Input(key, Stores.text(text), TimeToLive.NONE, condition);
  }
}
