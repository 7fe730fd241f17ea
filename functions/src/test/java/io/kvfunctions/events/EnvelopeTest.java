package io.kvfunctions.events;

import static io.kvfunctions.events.Envelopes.binary;
import static io.kvfunctions.events.Envelopes.fields;
import static io.kvfunctions.events.Envelopes.json;
import static io.kvfunctions.events.Envelopes.jsonWith;
import static io.kvfunctions.events.Envelopes.wrong;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvfunctions.functions.Json;
import io.kvfunctions.functions.ProblemException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnvelopeTest {
  private static final String EVENT =
      "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}";

  private static String dataOf(Envelope envelope) {
    Data data = envelope.data();
    return data.isPresent()
        ? data.type() + ": " + UTF_8.decode(data.bytesOrNone().duplicate())
        : data.type() + ", nothing";
  }

  // ---- both ways

  @Test
  void event_hasWhatCameInHeaderFieldsOrInJson() {
    Envelope ofFields =
        binary(
            fields(
                "Ce-Time", "2026-11-27T04:00:00.25+01:00",
                "cE-sUBJECT", "Z%C3%BCrich",
                "ce-comexampleothervalue", "5",
                "X-Other", "ignored",
                "ce-", "ignored"),
            "text/plain",
            "x");
    Envelope ofJson =
        jsonWith(
            "\"time\":\"2026-11-27T04:00:00.25+01:00\",\"subject\":\"Z\\u00fcrich\","
                + "\"comexampleothervalue\":5,\"datacontenttype\":\"text/plain\",\"data\":\"x\"");

    for (Envelope envelope : List.of(ofFields, ofJson)) {
      Event event = envelope.event();
      assertThat(event.id()).isEqualTo("1");
      assertThat(event.source()).isEqualTo("/s");
      assertThat(event.type()).isEqualTo("t");
      assertThat(event.time()).isEqualTo(Instant.parse("2026-11-27T03:00:00.25Z"));
      assertThat(event.attributes().get("subject")).isEqualTo("Zürich");
      assertThat(event.attributes().get("comexampleothervalue")).isEqualTo("5");
      assertThat(event.attributes().get("other")).isNull();
      assertThat(dataOf(envelope)).isEqualTo("text/plain: x");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"specversion", "id", "source", "type"})
  void anAttributeThatMustBeThere_isNamedWhereItIsMissingOrEmpty(String name) {
    Map<String, String> fields = fields();
    fields.remove("ce-" + name);
    String missing = name + ": the attribute \"" + name + "\" is missing";
    assertThat(wrong(binary(fields, null, ""))).isEqualTo(missing);
    assertThat(
            wrong(json(EVENT.replaceAll("\"" + name + "\":\"[^\"]*\",?", "").replace(",}", "}"))))
        .isEqualTo(missing);
    assertThat(wrong(json(EVENT.replaceAll("(\"" + name + "\":)\"[^\"]*\"", "$1null"))))
        .isEqualTo(missing);

    String empty = name + ": the attribute \"" + name + "\" is empty";
    assertThat(wrong(binary(fields("ce-" + name, ""), null, ""))).isEqualTo(empty);
    assertThat(wrong(json(EVENT.replaceAll("(\"" + name + "\":)\"[^\"]*\"", "$1\"\""))))
        .isEqualTo(empty);
  }

  @ParameterizedTest
  @ValueSource(strings = {"subject", "time", "dataschema"})
  void anAttributeThatMayBeThere_isNotEmpty(String name) {
    assertThat(wrong(binary(fields("ce-" + name, ""), null, "")))
        .isEqualTo(name + ": the attribute \"" + name + "\" is empty");
  }

  @Test
  void whatIsWrongWithAValue_isSaidOfItsAttribute() {
    assertThat(wrong(binary(fields("ce-specversion", "0.3"), null, "")))
        .isEqualTo(
            "specversion: specversion is not 1.0, the one version of CloudEvents taken here");
    assertThat(wrong(binary(fields("ce-source", "a b"), null, "")))
        .isEqualTo("source: source is no URI-reference (RFC 3986 §4.1)");
    assertThat(wrong(binary(fields("ce-time", "now"), null, "")))
        .isEqualTo("time: time is no timestamp (RFC 3339), such as 2026-11-27T08:30:00.5Z");
    assertThat(wrong(binary(fields("ce-dataschema", "/s"), null, "")))
        .isEqualTo("dataschema: dataschema is no absolute URI (RFC 3986 §4.3)");
    assertThat(wrong(binary(fields(), "json", "")))
        .isEqualTo(
            "datacontenttype: datacontenttype is no media type of 255 characters at most, such as application/json");
    assertThat(wrong(jsonWith("\"datacontenttype\":\"\"")))
        .isEqualTo("datacontenttype: the attribute \"datacontenttype\" is empty");
    assertThat(wrong(json(EVENT.replace("\"1\"", "\"\\ud83d\""))))
        .isEqualTo("id: id holds a lone surrogate");
  }

  @Test
  void whatIsNoNameOfAnAttribute_isRefused() {
    assertThat(wrong(binary(fields("ce-my_key", "1"), null, "")))
        .isEqualTo(
            "my_key: \"my_key\" is no name of an attribute: those are of letters a to z and digits");
    assertThat(wrong(jsonWith("\"myKey\":1")))
        .isEqualTo(
            "myKey: \"myKey\" is no name of an attribute: those are of letters a to z and digits");
    assertThat(wrong(jsonWith("\"\":1"))).startsWith(": \"\" is no name");
    assertThat(wrong(binary(fields("ce-data", "1"), null, ""))).startsWith("data: ");
    assertThat(wrong(jsonWith("\"" + "%s_".repeat(100) + "\":1")))
        .startsWith("%s_".repeat(21) + "%…: \"%s_%s_");
  }

  @Test
  void anAttributeThatStandsTwice_isRefused() {
    Map<String, String> fields = new TreeMap<>(fields("ce-subject", "a", "Ce-Subject", "a"));
    assertThat(wrong(binary(fields, null, "")))
        .isEqualTo("subject: the attribute \"subject\" stands twice");
    assertThat(wrong(jsonWith("\"id\":\"2\""))).isEqualTo("id: the attribute \"id\" stands twice");
    assertThat(wrong(jsonWith("\"a\":1,\"a\":true")))
        .isEqualTo("a: the attribute \"a\" stands twice");
  }

  /** Once an event with a million of them took ten times the memory of its body. */
  @Test
  void thereIsABoundToHowManyAttributes() {
    StringBuilder members = new StringBuilder("\"a0\":0");
    for (int i = 1; i < Attributes.MOST - 4; i++) {
      members.append(",\"a").append(i).append("\":0");
    }
    assertThat(jsonWith(members.toString()).event().id()).isEqualTo("1");
    assertThat(wrong(jsonWith(members + ",\"b\":0")))
        .isEqualTo("b: \"b\" is one too many: an event has 100 attributes at most");
  }

  // ---- header fields

  @Test
  void ofHeader_hasTheTypeOfTheBodyAndNoOther() {
    assertThat(dataOf(binary(fields(), "application/xml", "<x/>")))
        .isEqualTo("application/xml: <x/>");
    assertThat(dataOf(binary(fields(), null, "x"))).isEqualTo("application/octet-stream: x");
    assertThat(dataOf(binary(fields(), "", "x"))).isEqualTo("application/octet-stream: x");
    assertThat(dataOf(binary(fields(), "text/plain", ""))).isEqualTo("text/plain, nothing");
    assertThat(wrong(binary(fields("ce-datacontenttype", "text/plain"), "text/plain", "x")))
        .isEqualTo("datacontenttype: ce-datacontenttype may not be there: Content-Type says it");
  }

  @Test
  void ofHeader_isRefusedBeforeItsBodyIsThere() {
    assertThat(Envelope.ofHeader(fields().entrySet().iterator(), null).isRefused()).isFalse();
    assertThat(Envelope.ofHeader(fields("ce-id", "").entrySet().iterator(), null).isRefused())
        .isTrue();
  }

  // ---- JSON

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{ \"a\" : 1.0,\n\"b\":12345678901234567890123456789.50 }",
        "[1,2,\t3]",
        "1.50",
        "true",
        "null",
        "\"a \\u0041 string\""
      })
  void json_keepsTheTextOfDataThatIsJson(String data) {
    assertThat(dataOf(jsonWith("\"data\" : " + data))).isEqualTo("application/json: " + data);
    assertThat(dataOf(jsonWith("\"data\":" + data + ",\"datacontenttype\":\"text/json;a=b\"")))
        .isEqualTo("text/json;a=b: " + data);
    assertThat(dataOf(jsonWith("\"datacontenttype\":\"a/b+json\",\"data\":" + data)))
        .isEqualTo("a/b+json: " + data);
  }

  @Test
  void json_takesAStringForTheTextItIs_whereTheDataIsNotJson() {
    assertThat(dataOf(jsonWith("\"data\":\"<a>\\n\\u00e9</a>\",\"datacontenttype\":\"text/xml\"")))
        .isEqualTo("text/xml: <a>\né</a>");
    assertThat(dataOf(jsonWith("\"datacontenttype\":\"text/plain\",\"data\":\"\"")))
        .isEqualTo("text/plain: ");
    assertThat(dataOf(jsonWith("\"datacontenttype\":\"text/plain\",\"data\":{\"a\": 1}")))
        .isEqualTo("text/plain: {\"a\": 1}");
    assertThat(wrong(jsonWith("\"datacontenttype\":\"text/plain\",\"data\":\"\\udc00\"")))
        .isEqualTo("data: data holds a lone surrogate");
  }

  @Test
  void json_takesBytesInBase64_ofNoTypeUnlessItSaysWhich() {
    assertThat(dataOf(jsonWith("\"data_base64\":\"eyAieHl6IjogMTIzIH0=\"")))
        .isEqualTo("application/octet-stream: { \"xyz\": 123 }");
    assertThat(dataOf(jsonWith("\"data_base64\":\"YQ==\",\"datacontenttype\":\"text/plain\"")))
        .isEqualTo("text/plain: a");
    assertThat(dataOf(jsonWith("\"data_base64\":\"\""))).isEqualTo("application/octet-stream: ");
    assertThat(dataOf(jsonWith("\"data_base64\":null")))
        .isEqualTo("application/octet-stream, nothing");
    for (String wrong : List.of("\"?\"", "\"YQ=\"", "1", "{\"a\":[]}")) {
      assertThat(wrong(jsonWith("\"data_base64\":" + wrong)))
          .isEqualTo("data_base64: data_base64 is no string of base64 (RFC 4648 §4)");
    }
  }

  @Test
  void json_takesDataOnce() {
    String twice = "data: an event has data once, either as data or as data_base64";
    assertThat(wrong(jsonWith("\"data\":1,\"data_base64\":\"YQ==\""))).isEqualTo(twice);
    assertThat(wrong(jsonWith("\"data_base64\":\"YQ==\",\"data\":1"))).isEqualTo(twice);
    assertThat(wrong(jsonWith("\"data\":1,\"data\":1"))).isEqualTo(twice);
    assertThat(dataOf(jsonWith("\"data\":1,\"data_base64\":null")))
        .isEqualTo("application/json: 1");
  }

  @Test
  void json_takesExtensionsOfEveryTypeThatCloudEventsHas() {
    Attributes attributes =
        jsonWith("\"a\":\"x\",\"b\":-2147483648,\"c\":true,\"d\":false,\"e\":null")
            .event()
            .attributes();

    assertThat(attributes.get("a")).isEqualTo("x");
    assertThat(attributes.get("b")).isEqualTo("-2147483648");
    assertThat(attributes.get("c")).isEqualTo("true");
    assertThat(attributes.get("d")).isEqualTo("false");
    assertThat(attributes.get("e")).isNull();
    String takes = ", it takes a string, a whole number or a boolean";
    assertThat(wrong(jsonWith("\"a\":{\"b\":1}"))).isEqualTo("a: a is an object" + takes);
    assertThat(wrong(jsonWith("\"a\":[[]]"))).isEqualTo("a: a is an array" + takes);
    assertThat(wrong(jsonWith("\"a\":1.5"))).isEqualTo("a: a is a number with a fraction" + takes);
  }

  @Test
  void json_takesTheAttributesOfEveryEventAsStringsOnly() {
    assertThat(wrong(json(EVENT.replace("\"1.0\"", "1.0"))))
        .isEqualTo("specversion: specversion is a number, it takes a string");
    assertThat(wrong(jsonWith("\"time\":1522949460")))
        .isEqualTo("time: time is a number, it takes a string");
    assertThat(wrong(jsonWith("\"subject\":{\"id\":1}")))
        .isEqualTo("subject: subject is an object, it takes a string");
  }

  @Test
  void whatIsNoJsonOrNoObject_isNoEventOfWhichMoreCouldBeSaid() {
    assertThatThrownBy(() -> json("{\"specversion\":"))
        .isInstanceOf(ProblemException.class)
        .hasMessage("the body is not JSON: it breaks at byte 15");
    assertThatThrownBy(() -> json("[" + EVENT + "]").event())
        .isInstanceOf(ProblemException.class)
        .hasMessage("the event is an array, it takes an object");
    assertThatThrownBy(() -> json("")).hasMessage("the body is empty, it takes JSON");
  }

  @Test
  void inABatch_whatIsWrongWithOneSaysWhichOneItIs() {
    byte[] batch =
        ("[" + EVENT + ",{\"id\":{\"a\":[1]},\"source\":\"/x\",\"a\":{}},7," + EVENT + "]")
            .getBytes(UTF_8);

    List<Envelope> envelopes = new ArrayList<>();
    Json.forEach(Envelope.JSON, batch, 0, batch.length, 4, envelopes::add);

    assertThat(envelopes).hasSize(4);
    assertThat(envelopes.get(0).event().id()).isEqualTo("1");
    assertThat(wrong(envelopes.get(1))).isEqualTo("id: id is an object, it takes a string");
    assertThat(envelopes.get(1).attribute("source")).isEqualTo("/x");
    assertThatThrownBy(() -> envelopes.get(2).event())
        .hasMessage("the event is a number, it takes an object");
    assertThat(envelopes.get(3).event().id()).isEqualTo("1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[%s,{]", "[%s", "[%s]]", "[%s,\"\\x\"]", "[%s,01]", "[%s,nul]"})
  void aBatchThatIsNoJson_isFoundOutBeforeItsFirstEventIsHandedOn(String batch) {
    byte[] bytes = batch.formatted(EVENT).getBytes(UTF_8);
    List<Envelope> envelopes = new ArrayList<>();

    assertThatThrownBy(() -> Json.forEach(Envelope.JSON, bytes, 0, bytes.length, 4, envelopes::add))
        .isInstanceOf(ProblemException.class);
    assertThat(envelopes).isEmpty();
  }

  @Test
  void aBatchOfTooMany_isFoundOutBeforeItsFirstEventIsHandedOn() {
    byte[] bytes = ("[" + EVENT + "," + EVENT + "]").getBytes(UTF_8);
    List<Envelope> envelopes = new ArrayList<>();

    assertThatThrownBy(() -> Json.forEach(Envelope.JSON, bytes, 0, bytes.length, 1, envelopes::add))
        .hasMessage("the array has 2 elements or more, the limit is 1 (kv.limits.batch)");
    assertThat(envelopes).isEmpty();
  }
}
