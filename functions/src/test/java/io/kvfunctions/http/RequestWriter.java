package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import java.io.ByteArrayOutputStream;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * Turns a request of {@code test-data/} into the bytes that go over the wire, and adds nothing but
 * a Host and a length.
 */
final class RequestWriter {
  private final String authority;
  private final Captures captures;

  RequestWriter(String authority, Captures captures) {
    this.authority = authority;
    this.captures = captures;
  }

  byte[] bytes(JsonNode request) {
    if (request.has("raw")) {
      return Bytes.of(each(request.get("raw")).stream().map(captures::fill).collect(joining()));
    }
    if (!request.has("line")) {
      return new byte[0];
    }
    Set<String> names =
        request.path("headers").propertyNames().stream()
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toSet());
    String line = captures.fill(request.get("line").asString());
    StringBuilder head = new StringBuilder(line);
    head.append(line.matches("(?s).* HTTP/[0-9.]+") ? "\r\n" : " HTTP/1.1\r\n");
    if (!names.contains("host")) {
      head.append("Host: ").append(authority).append("\r\n");
    }
    for (Map.Entry<String, JsonNode> header : request.path("headers").properties()) {
      each(header.getValue())
          .forEach(
              value ->
                  head.append(header.getKey())
                      .append(": ")
                      .append(captures.fill(value))
                      .append("\r\n"));
    }
    byte[] body = body(request);
    if (request.has("chunks")) {
      head.append("Transfer-Encoding: chunked\r\n");
    } else if (body != null
        && !names.contains("content-length")
        && !names.contains("transfer-encoding")) {
      head.append("Content-Length: ").append(body.length).append("\r\n");
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(Bytes.of(head.append("\r\n").toString()));
    if (body != null) {
      bytes.writeBytes(body);
    }
    return bytes.toByteArray();
  }

  private byte[] body(JsonNode request) {
    if (request.has("text")) {
      return captures.fill(request.get("text").asString()).getBytes(UTF_8);
    }
    if (request.has("bytes")) {
      return Bytes.of(captures.fill(request.get("bytes").asString()));
    }
    if (request.has("base64")) {
      return Base64.getDecoder().decode(request.get("base64").asString());
    }
    if (request.has("json")) {
      return filled(AnswerMatcher.repeated(request.get("json"))).toString().getBytes(UTF_8);
    }
    if (request.has("ndjson")) {
      StringBuilder lines = new StringBuilder();
      filled(AnswerMatcher.repeated(request.get("ndjson")))
          .forEach(line -> lines.append(line).append('\n'));
      return lines.toString().getBytes(UTF_8);
    }
    if (request.has("chunks")) {
      ByteArrayOutputStream chunks = new ByteArrayOutputStream();
      for (String chunk : each(request.get("chunks"))) {
        byte[] bytes = Bytes.of(captures.fill(chunk));
        chunks.writeBytes((Integer.toHexString(bytes.length) + "\r\n").getBytes(UTF_8));
        chunks.writeBytes(bytes);
        chunks.writeBytes("\r\n".getBytes(UTF_8));
      }
      chunks.writeBytes("0\r\n\r\n".getBytes(UTF_8));
      return chunks.toByteArray();
    }
    return null;
  }

  private static List<String> each(JsonNode oneOrMore) {
    return oneOrMore.isArray()
        ? oneOrMore.values().stream().map(JsonNode::asString).toList()
        : List.of(oneOrMore.asString());
  }

  /** The same JSON with the placeholders in its strings filled in. */
  JsonNode filled(JsonNode template) {
    if (template.isString()) {
      return new StringNode(captures.fill(template.asString()));
    }
    if (template.isArray()) {
      ArrayNode elements = TestData.JSON.createArrayNode();
      template.forEach(element -> elements.add(filled(element)));
      return elements;
    }
    if (template.isObject()) {
      ObjectNode members = TestData.JSON.createObjectNode();
      template
          .properties()
          .forEach(member -> members.set(member.getKey(), filled(member.getValue())));
      return members;
    }
    return template;
  }
}
