package io.kvfunctions.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@link OpenApi} and {@link Agreement} find wrong, shown with a document and exchanges that
 * are wrong on purpose.
 */
class AgreementTest {
  private static final String DATE = "Date: Tue, 24 Nov 2026 12:00:00 GMT\r\n";
  private static final String VALUE =
      "HTTP/1.1 200 OK\r\n"
          + DATE
          + "Content-Type: text/plain\r\nContent-Length: 1\r\nETag: \"AZrx1cPKAAAAAAAB\"\r\n"
          + "Last-Modified: Tue, 24 Nov 2026 12:00:00 GMT\r\nCache-Control: no-cache\r\n\r\n1";
  private static final String NOT_FOUND =
      """
      {"type":"urn:kvfunctions:problem:not-found","title":"Nothing here","status":404,"detail":"there is no entry"}""";
  private static final String STORED =
      """
      {"key":"a","etag":"AZrx1cPKAAAAAAAB","created":true}""";

  private final OpenApi document = OpenApi.shipped();

  // The document in itself

  @Test
  void faults_nameWhatIsNoOpenApi() {
    assertThat(faults(root -> at(root, "/paths/~1kv/get").put("respones", 1)))
        .anyMatch(fault -> fault.startsWith("/paths/~1kv/get: ") && fault.contains("respones"));
  }

  @Test
  void faults_nameADanglingReference() {
    assertThat(faults(root -> at(root, "/components/responses").remove("NoEntry")))
        .contains(
            "/paths/~1kv~1{key}/get/responses/404 refers to #/components/responses/NoEntry, which is not there");
  }

  @Test
  void faults_nameASchemaThatIsNone() {
    assertThat(faults(root -> at(root, "/components/schemas/Seconds").put("type", "integr")))
        .anyMatch(fault -> fault.startsWith("/components/schemas/Seconds/type"));
  }

  @Test
  void faults_nameAnExampleThatIsNotAsTheSchemaSays() {
    assertThat(
            faults(
                root ->
                    at(root, "/components/schemas/PutOutput/properties/created")
                        .put("type", "integer")))
        .anyMatch(
            fault ->
                fault.contains("has an example {\"key\":\"Europe/Zurich\"")
                    && fault.contains("/created"))
        .anyMatch(fault -> fault.contains("has a line {\"key\":\"Europe/Zurich\""));
  }

  @Test
  void faults_nameWhatNothingRefersTo() {
    assertThat(
            faults(
                root ->
                    at(root, "/components/schemas").putObject("Forgotten").put("type", "string")))
        .containsExactly("nothing refers to #/components/schemas/Forgotten");
  }

  @Test
  void faults_nameARepeatedOperationId() {
    assertThat(faults(root -> at(root, "/paths/~1kv/head").put("operationId", "get")))
        .containsExactly("operationId get is there 2 times");
  }

  @Test
  void faults_nameAPathParameterThatIsNotDeclared() {
    assertThat(faults(root -> at(root, "/paths/~1get~1{key}").remove("parameters")))
        .contains("GET /get/{key} declares the path parameters []");
  }

  private List<String> faults(Consumer<ObjectNode> change) {
    return document.changed(change).faults();
  }

  private static ObjectNode at(ObjectNode root, String pointer) {
    return (ObjectNode) root.at(pointer);
  }

  // What an exchange shows that the document does not say

  @Test
  void disagreements_areNoneWhereTheyAgree() {
    assertThat(disagreements("GET /kv/a/b%2F HTTP/1.1\r\n\r\n", VALUE)).isEmpty();
    assertThat(disagreements("HEAD /kv/a HTTP/1.1\r\n\r\n", VALUE.replaceFirst("1$", "")))
        .isEmpty();
    assertThat(disagreements("GET http://localhost/kv/a HTTP/1.1\r\n\r\n", problem(404, NOT_FOUND)))
        .isEmpty();
    assertThat(disagreements(put("{\"key\":\"a\",\"value\":1}"), json(201, STORED))).isEmpty();
  }

  @Test
  void disagreements_nameAStatusThatIsNotInTheDocument() {
    OpenApi without =
        document.changed(root -> at(root, "/paths/~1kv~1{key}/get/responses").remove("200"));

    assertThat(disagreements(without, "GET /kv/a HTTP/1.1\r\n\r\n", VALUE))
        .containsExactly("GET /kv/a → 200: the document does not have the status here");
    assertThat(disagreements(without, "HEAD /kv/a HTTP/1.1\r\n\r\n", "HTTP/1.1 302 Found\r\n\r\n"))
        .containsExactly("HEAD /kv/a → 302: the document does not have the status here");
  }

  @Test
  void disagreements_nameAMethodAndAPathThatAreNotInTheDocument() {
    assertThat(disagreements("PATCH /kv/a HTTP/1.1\r\n\r\n", VALUE)).isNotEmpty();
    assertThat(disagreements("GET /kv2 HTTP/1.1\r\n\r\n", VALUE)).isNotEmpty();
    assertThat(disagreements("GET /kv2 HTTP/1.1\r\n\r\n", problem(404, NOT_FOUND))).isEmpty();
    assertThat(disagreements("gibberish\r\n\r\n", problem(404, NOT_FOUND))).isNotEmpty();
  }

  @Test
  void disagreements_nameATypeOfProblemThatTheOperationDoesNotHave() {
    String ttl =
        """
        {"type":"urn:kvfunctions:problem:ttl-invalid","title":"The time to live is not valid","status":400,"detail":"no"}""";

    assertThat(disagreements("PUT /kv/a HTTP/1.1\r\n\r\n", problem(400, ttl))).isEmpty();
    assertThat(disagreements("GET /kv/a HTTP/1.1\r\n\r\n", problem(400, ttl))).isNotEmpty();
  }

  @Test
  void disagreements_nameAProblemWithTheStatusOfAnother() {
    String disallowed =
        NOT_FOUND
            .replace("not-found", "method-not-allowed")
            .replace("Nothing here", "The method is not allowed here");
    assertThat(disagreements("PATCH /get HTTP/1.1\r\n\r\n", problem(405, disallowed)))
        .anyMatch(fault -> fault.contains("the body is not as the document says"));
    assertThat(
            disagreements(
                "GET /kv/a HTTP/1.1\r\n\r\n", problem(404, NOT_FOUND.replace("404", "400"))))
        .anyMatch(fault -> fault.contains("the problem's status is another than the answer's"));
  }

  @Test
  void disagreements_nameAHeaderThatIsMissingMalformedOrTooMuch() {
    String request = "GET /kv/a HTTP/1.1\r\n\r\n";

    assertThat(disagreements(request, VALUE.replaceFirst("ETag[^\n]*\n", "")))
        .containsExactly("GET /kv/a → 200: the header ETag is missing");
    assertThat(disagreements(request, VALUE.replace("ETag: \"", "ETag: W/\"")))
        .singleElement()
        .asString()
        .startsWith(
            "GET /kv/a → 200: the header ETag is not as the document says: W/\"AZrx1cPKAAAAAAAB\"");
    assertThat(disagreements(request, VALUE.replace("Date: ", "KV-TTL: 1.5\r\nDate: "))).hasSize(1);
    assertThat(disagreements(request, VALUE.replace("Date: ", "KV-TTL: 15\r\nDate: "))).isEmpty();
    assertThat(disagreements(request, VALUE.replace("Date: ", "Server: x\r\nDate: ")))
        .containsExactly("GET /kv/a → 200: the document does not have the header Server here");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"key\":\"a\",\"etag\":\"AZrx1cPKAAAAAAAB\"}",
        "{\"key\":\"a\",\"etag\":\"AZrx1cPKAAAAAAAB\",\"created\":1}",
        "{\"key\":\"a\",\"etag\":\"AZrx1cPKAAAAAAAB\",\"created\":true,\"more\":1}",
        "{\"key\":\"a\",\"etag\":\"AZrx1cPKAAAAAAAB\",\"created\":true}}",
        "[]",
        ""
      })
  void disagreements_nameABodyThatIsNotAsTheDocumentSays(String body) {
    assertThat(disagreements(put("{\"key\":\"a\",\"value\":1}"), json(201, body)))
        .singleElement()
        .asString()
        .startsWith("POST /put → 201: the body is not as the document says: ");
  }

  @Test
  void disagreements_lookIntoBatchesAndLines() {
    String failed = NOT_FOUND.replace("}", ",\"key\":\"a\"}");
    String strange = NOT_FOUND.replace("}", ",\"strange\":\"a\"}");

    assertThat(disagreements(put("[1]"), json(200, "[" + STORED + "," + failed + "]"))).isEmpty();
    assertThat(disagreements(put("[1]"), json(200, "[" + STORED + "," + strange + "]")))
        .isNotEmpty();
    String lines = put("1").replace("application/json", "application/x-ndjson");
    assertThat(
            disagreements(
                lines, ndjson(STORED + "\n" + failed.replace("}", ",\"line\":2}") + "\n")))
        .isEmpty();
    assertThat(disagreements(lines, ndjson(STORED + "\n" + strange + "\n")))
        .singleElement()
        .asString()
        .startsWith("POST /put → 200: a line is not as the document says: ");
  }

  @Test
  void disagreements_lookAtBothEndsOfALongBatch() {
    String many = (STORED + ",").repeat(10_000);

    assertThat(disagreements(put("[1]"), json(200, "[" + many + STORED + "]"))).isEmpty();
    assertThat(disagreements(put("[1]"), json(200, "[" + many + "1]"))).hasSize(1);
    assertThat(disagreements(put("[1]"), json(200, "[1," + many + STORED + "]"))).hasSize(1);
  }

  @Test
  void disagreements_nameWhatWasDoneThoughTheDocumentDoesNotTakeIt() {
    assertThat(disagreements(put("{\"key\":\"a\",\"value\":1,\"vaule\":1}"), json(201, STORED)))
        .hasSize(1);
    assertThat(
            disagreements(
                put("{\"key\":\"a\",\"value\":1}").replace("/json", "/xml"), json(201, STORED)))
        .containsExactly(
            "POST /put → 201: it was done, but the document does not take the media type 'application/xml'");
    assertThat(disagreements("GET /kv/a?b=c HTTP/1.1\r\n\r\n", VALUE))
        .containsExactly(
            "GET /kv/a?b=c → 200: it was done, but the document does not have the parameter b");
    String page =
        json(200, "{\"entries\":[]}")
            .replace("Date: ", "Cache-Control: no-cache\r\nVary: Accept\r\nDate: ");
    assertThat(disagreements("GET /kv?limit=1000&values=true&prefix=1 HTTP/1.1\r\n\r\n", page))
        .isEmpty();
    assertThat(disagreements("GET /kv?limit=1001 HTTP/1.1\r\n\r\n", page)).hasSize(1);
    String expires = "PUT /kv/a HTTP/1.1\r\nKV-TTL: 60\r\n\r\n";
    String created =
        "HTTP/1.1 201 Created\r\nContent-Length: 0\r\nETag: \"AZrx1cPKAAAAAAAB\"\r\n\r\n";
    assertThat(disagreements(expires, created)).isEmpty();
    assertThat(disagreements(expires.replace("60", "keep"), created)).isEmpty();
    assertThat(disagreements(expires.replace("60", "0"), created)).hasSize(1);
  }

  @Test
  void disagreements_nameWhatWasRefusedThoughTheDocumentTakesIt() {
    String refused =
        """
        {"type":"urn:kvfunctions:problem:body-invalid","title":"The body is not valid","status":400,"detail":"no"}""";

    assertThat(disagreements(put("{\"key\":\"a\",\"value\":1}"), problem(400, refused)))
        .singleElement()
        .asString()
        .startsWith("POST /put → 400: it was refused, but the body is as the document says");
    assertThat(disagreements(put("{\"key\":\"a\",\"value\":1"), problem(400, refused))).isEmpty();
    assertThat(disagreements(put("{\"key\":\"a\"}"), problem(400, refused))).isEmpty();
    assertThat(disagreements(put("{\"key\":\"a\",\"value\":1,\"value\":1}"), problem(400, refused)))
        .isEmpty();
  }

  @Test
  void disagreements_takeAnEventForWhatItIs() {
    String fields =
        "ce-specversion: 1.0\r\nce-id: 1\r\nce-source: /s\r\nce-type: t\r\nce-key: a\r\n";
    String done = "HTTP/1.1 204 No Content\r\n" + DATE + "KV-Event: applied\r\n\r\n";
    String binary =
        put("<x/>").replace("\r\nContent-Type: application/json", "\r\nContent-Type: text/xml");
    String event =
        "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"key\":7%s}";
    String structured = put(event.formatted("")).replace("/json", "/cloudevents+json");

    assertThat(disagreements(binary.replace("Content-Length", fields + "Content-Length"), done))
        .isEmpty();
    assertThat(disagreements(binary, done))
        .containsExactly(
            "POST /put → 204: it was done, but the document does not take the media type 'text/xml'");
    assertThat(
            disagreements(
                binary.replace("Content-Length", fields.replace("1.0", "2") + "Content-Length"),
                done))
        .singleElement()
        .asString()
        .startsWith(
            "POST /put → 204: it was done, but the header ce-specversion is not as the document says");
    assertThat(disagreements(structured, done)).isEmpty();
    assertThat(disagreements(structured, done.replace("applied", "done"))).hasSize(1);
    assertThat(
            disagreements(
                put(event.formatted(",\"a\":{}")).replace("/json", "/cloudevents+json"), done))
        .singleElement()
        .asString()
        .startsWith("POST /put → 204: it was done, but the event is not as the document says");
  }

  // What the document says that no exchange has shown

  @Test
  void unseen_isEveryLineOfTheDocumentThatNoExchangeHasShown() {
    Agreement agreement = new Agreement(document);
    assertThat(agreement.unseen())
        .contains(
            "GET /kv/{key} 200 */*",
            "GET /kv/{key} 200 ETag",
            "GET /kv/{key} 400 key-empty",
            "GET /kv/{key} 404 not-found",
            "GET /kv/{key} takes header If-None-Match",
            "HEAD /kv/{key} 404",
            "PUT /kv/{key} 201",
            "PUT /kv/{key} 204 ETag",
            "GET /kv 200 application/x-ndjson",
            "GET /kv takes query prefix",
            "POST /put takes application/x-ndjson",
            "other methods of /kv 405 method-not-allowed",
            "x-other-paths 404 not-found",
            "any request-timeout");

    agreement.disagreements(exchange("GET /kv/a HTTP/1.1\r\nIf-None-Match: *\r\n\r\n", VALUE));
    agreement.disagreements(exchange("GET /kv/a HTTP/1.1\r\n\r\n", problem(404, NOT_FOUND)));
    agreement.disagreements(exchange("HEAD /kv/a HTTP/1.1\r\n\r\n", problem(404, "")));

    assertThat(agreement.unseen())
        .contains(
            "GET /kv/{key} 200 KV-TTL",
            "GET /kv/{key} 400 key-empty",
            "GET /get/{key} 404 not-found")
        .doesNotContain(
            "GET /kv/{key} 200 */*",
            "GET /kv/{key} 200 ETag",
            "GET /kv/{key} 404 not-found",
            "GET /kv/{key} takes header If-None-Match",
            "GET /kv/{key} takes path key",
            "HEAD /kv/{key} 404");
  }

  // Taking a connection apart

  @Test
  void split_givesEachRequestItsFinalAnswer() {
    String sent =
        "PUT /kv/a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"
            + "\r\nPUT /kv/b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nde\r\n1;x=y\r\nf\r\n0\r\n\r\n"
            + "HEAD /kv/b HTTP/1.1\r\nHost: a\r\n\r\n"
            + "\u0000\u0001 what";
    String created = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
    String answered =
        "HTTP/1.1 100 Continue\r\n\r\n"
            + created
            + created
            + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
            + problem(400, "{}");

    List<Exchange> exchanges = Recorder.split(latin1(sent), latin1(answered));

    assertThat(exchanges)
        .extracting(Exchange::toString)
        .containsExactly(
            "PUT /kv/a → 201", "PUT /kv/b → 201", "HEAD /kv/b → 200", "what is not HTTP → 400");
    assertThat(exchanges).extracting(Exchange::requestBody).containsExactly("abc", "def", "", "");
    assertThat(exchanges).extracting(Exchange::responseBody).containsExactly("", "", "", "{}");
  }

  private List<String> disagreements(String request, String answer) {
    return disagreements(document, request, answer);
  }

  private static List<String> disagreements(OpenApi document, String request, String answer) {
    return new Agreement(document).disagreements(exchange(request, answer));
  }

  private static Exchange exchange(String request, String answer) {
    List<Exchange> exchanges = Recorder.split(latin1(request), latin1(answer));
    assertThat(exchanges).hasSize(1);
    return exchanges.getFirst();
  }

  private static byte[] latin1(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  private static String put(String body) {
    return "POST /put HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static String problem(int status, String body) {
    return answer(status, "application/problem+json", body);
  }

  private static String json(int status, String body) {
    return answer(status, "application/json", body);
  }

  private static String ndjson(String body) {
    return answer(200, "application/x-ndjson", body);
  }

  private static String answer(int status, String type, String body) {
    return "HTTP/1.1 "
        + status
        + " Some\r\nContent-Type: "
        + type
        + "\r\nContent-Length: "
        + body.length()
        + "\r\n"
        + DATE
        + "\r\n"
        + body;
  }
}
