package io.kvfunctions.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentTypeTest {
  @Test
  void theTextIsGivenBackAsItCame() {
    assertThat(ContentType.of("TEXT/Plain ;  Charset=\"UTF-8\"").toString())
        .isEqualTo("TEXT/Plain ;  Charset=\"UTF-8\"");
    assertThat(ContentType.of("not a type at all \u00e9").toString())
        .isEqualTo("not a type at all \u00e9");
  }

  @Test
  void equalTextsShareOneInstance() {
    assertThat(ContentType.of("image/png"))
        .isSameAs(ContentType.of("image/" + "png".toLowerCase(java.util.Locale.ROOT)));
    assertThat(ContentType.of("application/json")).isSameAs(ContentType.JSON);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain",
        "text/plain;charset=utf-8",
        "TEXT/HTML; CHARSET=\"Utf-8\"",
        "text/csv; header=present; charset=us-ascii",
        "text/x;charset=utf8"
      })
  void textInUtf8IsText(String text) {
    assertThat(ContentType.of(text).isText()).isTrue();
    assertThat(ContentType.of(text).isJson()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/problem+json",
        "application/vnd.x+JSON;a=b"
      })
  void jsonIsJson(String text) {
    assertThat(ContentType.of(text).isJson()).isTrue();
    assertThat(ContentType.of(text).isText()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/octet-stream",
        "text/plain;charset=iso-8859-1",
        "text/plain; charset=utf-16",
        "image/svg+xml",
        "application/jsonx",
        "application/x-ndjson",
        "text",
        "nonsense"
      })
  void everythingElseIsBytes(String text) {
    assertThat(ContentType.of(text).isText()).isFalse();
    assertThat(ContentType.of(text).isJson()).isFalse();
  }

  @Test
  void whatMayNotStandInAHeaderFieldIsRefusedByTheCharacter() {
    assertThatThrownBy(() -> ContentType.of("text/plain\r\nX: y"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("content type holds the character U+000D");
    assertThatThrownBy(() -> ContentType.of("text/\u0000"))
        .hasMessage("content type holds the character U+0000");
    assertThatThrownBy(() -> ContentType.of("text/\u007f"))
        .hasMessage("content type holds the character U+007F");
    assertThatThrownBy(() -> ContentType.of("text/\u0100"))
        .hasMessage("content type holds the character U+0100");
    assertThat(ContentType.of("text/plain;\tcharset=utf-8").isText()).isTrue();
  }

  @Test
  void theLengthIsOneTo255() {
    assertThatThrownBy(() -> ContentType.of(""))
        .hasMessage("content type is 0 characters, it takes 1 to 255");
    assertThatThrownBy(() -> ContentType.of("x".repeat(256)))
        .hasMessage("content type is 256 characters, it takes 1 to 255");
    assertThat(ContentType.of("x".repeat(255)).toString()).hasSize(255);
  }
}
