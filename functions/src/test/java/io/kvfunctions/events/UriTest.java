package io.kvfunctions.events;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UriTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://github.com/cloudevents/spec/pull/123",
        "mailto:cncf-wg-serverless@lists.cncf.io",
        "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
        "http://[2001:db8::7]:80/a?b=c#d",
        "s3:bucket",
        "x+1-.:",
        "https://example.com/100%25"
      })
  void absoluteOnes_areBoth(String text) {
    assertThat(Uri.isAbsolute(text)).isTrue();
    assertThat(Uri.isReference(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/cloudevents/spec/pull/123",
        "/apis/v1/namespaces/default/kafkasources/kafka-source#knative-demo-topic",
        "/sensors/tn-1234567/alerts",
        "1-555-123-4567",
        "//host/a:b",
        "./a:b",
        "?a:b",
        "#a:b",
        "",
        "/größe/東京"
      })
  void relativeOnes_areReferencesOnly(String text) {
    assertThat(Uri.isAbsolute(text)).isFalse();
    assertThat(Uri.isReference(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a b",
        " ",
        "a\tb",
        "a\u0000",
        "a\u0085",
        "<a>",
        "\"a\"",
        "a|b",
        "a\\b",
        "a^b",
        "`a`",
        "{a}",
        "%",
        "%4",
        "%zz",
        "%\u0664\u0664",
        "a#b#c",
        "a[0]",
        "1a:b",
        ":a",
        "a_b:c",
        "é:c",
        "\ud83d",
        "\ude00"
      })
  void whatIsNone_isNeither(String text) {
    assertThat(Uri.isAbsolute(text)).isFalse();
    assertThat(Uri.isReference(text)).isFalse();
  }
}
