package io.kvfunctions.events;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderValueTest {

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      value = {
        "plain, plain",
        "a+b, a+b",
        "Euro%20%E2%82%AC%20%F0%9F%98%80, Euro € 😀",
        "Euro%20%e2%82%ac, Euro €",
        "%61, a",
        "%2561, %61",
        "'\"quoted, \\\"and\\\" \\\\ more\"', 'quoted, \"and\" \\ more'",
        "'\"50%25\"', 50%",
        "'\"\"', ''",
        "'in the \"middle\"', 'in the \"middle\"'",
        "%00, '\0'"
      })
  void decode_unquotesAndPercentDecodesOnce(String raw, String value) {
    assertThat(HeaderValue.decode("subject", raw)).isEqualTo(value);
  }

  @Test
  void decode_takesUtf8ThatNobodyEncoded() {
    assertThat(HeaderValue.decode("subject", new String("Zürich".getBytes(UTF_8), ISO_8859_1)))
        .isEqualTo("Zürich");
  }

  @ParameterizedTest
  @ValueSource(strings = {"%C0%A0", "%ff", "%ED%A0%80", "%E2%82", "Z\u00fcrich"})
  void decode_refusesWhatIsNotUtf8(String raw) {
    assertThatThrownBy(() -> HeaderValue.decode("subject", raw))
        .hasMessage("ce-subject is not UTF-8");
  }

  @ParameterizedTest
  @ValueSource(strings = {"%", "100%", "%2", "%zz", "%4\u0664", "a%+1"})
  void decode_refusesAPercentSignAlone(String raw) {
    assertThatThrownBy(() -> HeaderValue.decode("subject", raw))
        .hasMessage(
            "ce-subject has a % without two hexadecimal digits behind it: write %25 for a %");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"", "\"a", "\"a\"b", "\"a\\\"", "\"a\\"})
  void decode_refusesAQuoteThatDoesNotEnd(String raw) {
    assertThatThrownBy(() -> HeaderValue.decode("subject", raw))
        .hasMessage("ce-subject begins with a quote and does not end with one");
  }
}
