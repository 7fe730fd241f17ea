package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The replayer is able to fail: whatever an answer has too much, too little or different is told.
 */
class AnswerMatcherTest {
  private static final String DATE = "Date: Sun, 01 Mar 2026 12:00:00 GMT\r\n";
  private static final String PROBLEMS =
      """
      {"not-found": {"status": 404, "title": "Nothing here"}}""";

  private final Captures captures = new Captures();

  private List<String> differences(String expected, String answer) throws IOException {
    return new AnswerMatcher(TestData.JSON.readTree(PROBLEMS), captures)
        .differences(TestData.JSON.readTree(expected), answer(answer), false);
  }

  private static RawAnswer answer(String text) throws IOException {
    return RawAnswer.read(new ByteArrayInputStream(text.getBytes(UTF_8)), false);
  }

  private static String ok(String contentType, String body) {
    return "HTTP/1.1 200 OK\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(DATE, contentType, body.getBytes(UTF_8).length, body);
  }

  @Test
  void anAnswerAsExpected_hasNoDifferences() throws IOException {
    String expected =
        """
        {"status": 200, "headers": {"content-type": "text/plain", "Content-Length": "5"}, "text": "hello"}""";
    assertThat(differences(expected, ok("text/plain", "hello"))).isEmpty();
  }

  @Test
  void anotherStatus_isTold() throws IOException {
    assertThat(
            differences(
                "{\"status\": 204}",
                "HTTP/1.1 201 Created\r\n" + DATE + "Content-Length: 0\r\n\r\n"))
        .containsExactly("status is 201, expected 204");
  }

  @Test
  void aHeaderTooMany_isTold() throws IOException {
    assertThat(
            differences(
                "{\"status\": 204}", "HTTP/1.1 204 No Content\r\n" + DATE + "X-Leak: 1\r\n\r\n"))
        .containsExactly("there is a header X-Leak: [1], expected none");
  }

  @Test
  void aMissingHeader_isTold() throws IOException {
    assertThat(
            differences(
                "{\"status\": 204, \"headers\": {\"ETag\": \"x\"}}",
                "HTTP/1.1 204 No Content\r\n" + DATE + "\r\n"))
        .containsExactly("header ETag is missing, expected [x]");
  }

  @Test
  void aHeaderThatComesTwice_isTold() throws IOException {
    assertThat(
            differences(
                "{\"status\": 204, \"headers\": {\"ETag\": \"x\"}}",
                "HTTP/1.1 204 No Content\r\n" + DATE + "ETag: x\r\nETag: x\r\n\r\n"))
        .containsExactly("header ETag is [x, x], expected [x]");
  }

  @Test
  void aMissingDate_isTold() throws IOException {
    assertThat(differences("{\"status\": 204}", "HTTP/1.1 204 No Content\r\n\r\n"))
        .containsExactly("header Date is missing, expected [${=date}]");
  }

  @Test
  void aConnectionThatIsToBeClosedOrIsNot_isTold() throws IOException {
    assertThat(
            differences(
                "{\"status\": 204, \"closes\": true}",
                "HTTP/1.1 204 No Content\r\n" + DATE + "\r\n"))
        .containsExactly("header Connection is missing, expected [close]");
    assertThat(
            differences(
                "{\"status\": 204}",
                "HTTP/1.1 204 No Content\r\n" + DATE + "Connection: close\r\n\r\n"))
        .containsExactly("there is a header Connection: [close], expected none");
  }

  @Test
  void aFramingThatMustNotBe_isTold() throws IOException {
    assertThat(
            differences(
                "{\"status\": 200, \"headers\": {\"Transfer-Encoding\": null}}",
                "HTTP/1.1 200 OK\r\n" + DATE + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))
        .containsExactly("there is a header Transfer-Encoding: [chunked], expected none");
  }

  @Test
  void anotherBody_isTold() throws IOException {
    String expected = "{\"status\": 200, \"headers\": {\"Content-Type\": \"text/plain\"}, ";
    String answer = ok("text/plain", "hello");
    assertThat(differences(expected + "\"text\": \"Hello\"}", answer))
        .containsExactly("the body differs, expected\nHello");
    assertThat(differences(expected + "\"bytes\": \"hell\\\\x6e\"}", answer))
        .containsExactly("the body differs, expected\nhelln");
    assertThat(differences(expected + "\"base64\": \"aGk=\"}", answer))
        .containsExactly("the body differs, expected\nhi");
    assertThat(differences(expected + "\"text\": \"hello\\n\"}", answer)).hasSize(1);
    assertThat(
            differences(
                "{\"status\": 200, \"headers\": {\"Content-Type\": \"text/plain\"}}", answer))
        .hasSize(1);
  }

  @Test
  void aBodyInAnAnswerToHead_isTold() throws IOException {
    assertThat(
            new AnswerMatcher(TestData.JSON.readTree(PROBLEMS), captures)
                .differences(
                    TestData.JSON.readTree(
                        "{\"status\": 200, \"headers\": {\"Content-Type\": \"text/plain\"}}"),
                    answer(ok("text/plain", "hello")),
                    true))
        .containsExactly("there is a body, expected none");
  }

  @Test
  void otherJson_isTold() throws IOException {
    String expected =
        """
        {"status": 200, "json": {"a": 1.0, "b": [true, "x"]}}""";
    assertThat(differences(expected, ok("application/json", "{\"a\":1.0,\"b\":[true,\"x\"]}")))
        .isEmpty();
    assertThat(differences(expected, ok("application/json", "{\"a\":1,\"b\":[true,\"x\"]}")))
        .containsExactly("the body.a is 1, expected 1.0");
    assertThat(differences(expected, ok("application/json", "{\"b\":[true,\"x\"],\"a\":1.0}")))
        .containsExactly("the body has the members [b, a], expected [a, b]");
    assertThat(
            differences(expected, ok("application/json", "{\"a\":1.0,\"b\":[true,\"x\"],\"c\":1}")))
        .containsExactly("the body has the members [a, b, c], expected [a, b]");
    assertThat(differences(expected, ok("application/json", "{\"a\":1.0,\"b\":[true]}")))
        .containsExactly("the body.b has 1 elements, expected 2");
    assertThat(differences(expected, ok("application/json", "{\"a\":1.0,\"b\":[\"true\",\"x\"]}")))
        .containsExactly("the body.b[0] is \"true\", expected true");
    assertThat(
            differences(
                expected, ok("application/json", "{\"a\":1.0,\"a\":1.0,\"b\":[true,\"x\"]}")))
        .hasSize(1);
    assertThat(differences(expected, ok("application/json", "{\"a\":1.0,\"b\":[true,\"x\"]} 1")))
        .hasSize(1);
    assertThat(differences(expected, ok("text/plain", "{\"a\":1.0,\"b\":[true,\"x\"]}")))
        .containsExactly("header Content-Type is [text/plain], expected [application/json]");
  }

  @Test
  void otherLines_areTold() throws IOException {
    String expected = "{\"status\": 200, \"ndjson\": [1, 2]}";
    assertThat(differences(expected, ok("application/x-ndjson", "1\n2\n"))).isEmpty();
    assertThat(differences(expected, ok("application/x-ndjson", "1\n2")))
        .containsExactly("the last line does not end");
    assertThat(differences(expected, ok("application/x-ndjson", "2\n1\n"))).hasSize(2);
    assertThat(differences(expected, ok("application/x-ndjson", "1\n2\n3\n"))).hasSize(1);
    assertThat(differences(expected, ok("application/x-ndjson", "1\n\n2\n"))).isNotEmpty();
  }

  @Test
  void anotherProblem_isTold() throws IOException {
    String expected =
        """
        {"status": 404, "problem": {"type": "not-found", "detail": "no a", "key": "a"}}""";
    String answer =
        """
        {"type":"urn:kvfunctions:problem:%s","title":"Nothing here","status":404,"detail":"no a","key":"a"}""";
    assertThat(differences(expected, problem(answer.formatted("not-found")))).isEmpty();
    assertThat(differences(expected, problem(answer.formatted("internal")))).hasSize(1);
    assertThat(differences(expected, problem(answer.formatted("not-found").replace("404", "400"))))
        .hasSize(1);
    assertThat(
            differences(expected, problem(answer.formatted("not-found").replace("here", "there"))))
        .hasSize(1);
    assertThat(
            differences(expected, problem(answer.formatted("not-found").replace("no a", "no b"))))
        .hasSize(1);
    assertThat(
            differences(
                expected, problem(answer.formatted("not-found").replace(",\"key\":\"a\"", ""))))
        .hasSize(1);
    assertThat(
            differences(
                expected,
                problem(answer.formatted("not-found").replace("}", ",\"trace\":\"at\"}"))))
        .hasSize(1);
  }

  private static String problem(String body) {
    return "HTTP/1.1 404 Not Found\r\n%sContent-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(DATE, body.length(), body);
  }

  @Test
  void whatIsCaptured_standsForItselfLater() throws IOException {
    String expected = "{\"status\": 200, \"json\": \"%s\"}";
    String answer = ok("application/json", "\"AZ-_AZ-_AZ-_AZ-_\"");
    assertThat(differences(expected.formatted("${e1=etag}"), answer)).isEmpty();
    assertThat(differences(expected.formatted("${e1}"), answer)).isEmpty();
    assertThat(differences(expected.formatted("${=etag}"), ok("application/json", "\"short\"")))
        .hasSize(1);
    assertThat(
            differences(
                expected.formatted("${e1}"), ok("application/json", "\"BZ-_AZ-_AZ-_AZ-_\"")))
        .hasSize(1);
    assertThat(captures.fill("<${e1}|${*3:ab}>")).isEqualTo("<AZ-_AZ-_AZ-_AZ-_|ababab>");
  }

  @Test
  void aNumber_isNoStringOfDigits() throws IOException {
    String expected = "{\"status\": 200, \"json\": \"${=number}\"}";
    assertThat(differences(expected, ok("application/json", "12"))).isEmpty();
    assertThat(differences(expected, ok("application/json", "\"12\""))).hasSize(1);
  }

  @Test
  void aDate_canBeMovedAndWrittenInOtherWays() {
    captures.put("written", "Sun, 01 Mar 2026 12:00:00 GMT");
    assertThat(captures.fill("${written-1s}")).isEqualTo("Sun, 01 Mar 2026 11:59:59 GMT");
    assertThat(captures.fill("${written+3600s}")).isEqualTo("Sun, 01 Mar 2026 13:00:00 GMT");
    assertThat(captures.fill("${written as RFC 850}")).isEqualTo("Sunday, 01-Mar-26 12:00:00 GMT");
    assertThat(captures.fill("${written as asctime}")).isEqualTo("Sun Mar  1 12:00:00 2026");
  }

  @Test
  void repeated_numbersItsElements() {
    assertThat(
            AnswerMatcher.repeated(
                    TestData.JSON.readTree("{\"repeat\": {\"key\": \"k${i}\"}, \"times\": 2}"))
                .toString())
        .isEqualTo("[{\"key\":\"k00000\"},{\"key\":\"k00001\"}]");
  }

  @Test
  void bytes_areUtf8AndWhatIsEscaped() {
    assertThat(Bytes.of("é\\x00\\xfF\\n\\x4"))
        .isEqualTo(new byte[] {(byte) 0xc3, (byte) 0xa9, 0, -1, '\\', 'n', '\\', 'x', '4'});
  }
}
