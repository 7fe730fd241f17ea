package io.kvfunctions.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.store.ContentType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataTypeTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json",
        "text/plain; charset=utf-8",
        "application/vnd.apache.thrift.binary",
        "application/xml ;a=\"b;c\"",
        "A/B",
        "application/avro-binary;"
      })
  void parse_keepsTheTextOfAMediaType(String text) {
    assertThat(DataType.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "json",
        "/json",
        "application/",
        "a/b/c",
        "a/b c",
        "a b/c",
        "a/b\u0000",
        "ä/b",
        " a/b"
      })
  void parse_takesNothingElse(String text) {
    assertThat(DataType.parse(text)).isNull();
    assertThat(DataType.parse("a/b;" + "c".repeat(ContentType.MAX_LENGTH))).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json",
        "Application/JSON; charset=utf-8",
        "text/json",
        "TEXT/JSON ; a=b",
        "application/problem+json"
      })
  void isJson_goesByTheNameOfTheType(String text) {
    assertThat(DataType.isJson(DataType.parse(text))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/plain", "application/jsonl", "text/plain;a=/json", "json/a"})
  void isJson_isNotWhatLooksLikeIt(String text) {
    assertThat(DataType.isJson(DataType.parse(text))).isFalse();
  }
}
