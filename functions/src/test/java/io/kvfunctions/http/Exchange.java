package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A request and its answer, in parts.
 *
 * @param method empty where what was sent has no request line
 * @param target as it was sent
 * @param request the header fields of the request by name, in any case
 * @param requestBody the body as far as it was sent, read as UTF-8
 * @param length bytes that the request took, its body included
 * @param response the header fields of the answer by name, in any case
 * @param responseBody read as UTF-8
 */
record Exchange(
    String method,
    String target,
    Map<String, List<String>> request,
    String requestBody,
    int length,
    int status,
    Map<String, List<String>> response,
    String responseBody) {
  private static final Pattern REQUEST_LINE =
      Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^ ]+) HTTP/1\\.[01]");
  private static final Pattern END_OF_HEADER = Pattern.compile("\r?\n\r?\n");
  private static final Pattern END_OF_LINE = Pattern.compile("\r?\n");
  private static final Pattern CHUNK_SIZE = Pattern.compile("([0-9A-Fa-f]{1,7})[^\r\n]*\r?\n");

  /**
   * The parts of the request that a connection begins with, answered so.
   *
   * @param sent what was sent on the connection, a character for a byte
   */
  static Exchange of(
      String sent, int status, Map<String, List<String>> response, byte[] responseBody) {
    String text = new String(responseBody, UTF_8);
    Map<String, List<String>> request = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    int begin = 0;
    while (begin < sent.length() && (sent.charAt(begin) == '\r' || sent.charAt(begin) == '\n')) {
      begin++; // RFC 9112 §2.2 has blank lines before a request passed over
    }
    Matcher end = END_OF_HEADER.matcher(sent);
    int headEnd = end.find(begin) ? end.start() : sent.length();
    int bodyStart = headEnd == sent.length() ? headEnd : end.end();
    String[] head = END_OF_LINE.split(sent.substring(begin, headEnd), -1);
    Matcher line = REQUEST_LINE.matcher(head[0]);
    if (!line.matches()) {
      return new Exchange("", "", request, "", sent.length(), status, response, text);
    }
    for (int i = 1; i < head.length; i++) {
      int colon = head[i].indexOf(':');
      if (colon > 0) {
        String value = new String(head[i].substring(colon + 1).strip().getBytes(ISO_8859_1), UTF_8);
        request.computeIfAbsent(head[i].substring(0, colon), name -> new ArrayList<>()).add(value);
      }
    }
    StringBuilder body = new StringBuilder();
    int length = bodyStart;
    if (request.containsKey("Transfer-Encoding")) {
      length = unchunked(sent, bodyStart, body);
    } else if (first(request, "Content-Length").matches("[0-9]{1,9}")) {
      length =
          Math.min(bodyStart + Integer.parseInt(first(request, "Content-Length")), sent.length());
      body.append(sent, bodyStart, length);
    }
    return new Exchange(
        line.group(1),
        line.group(2),
        request,
        new String(body.toString().getBytes(ISO_8859_1), UTF_8),
        length,
        status,
        response,
        text);
  }

  /** Puts the chunks together, as far as they are any, and returns where they end. */
  private static int unchunked(String sent, int from, StringBuilder body) {
    Matcher size = CHUNK_SIZE.matcher(sent);
    int at = from;
    while (size.region(at, sent.length()).lookingAt()) {
      int length = Integer.parseInt(size.group(1), 16);
      int to = Math.min(size.end() + length, sent.length());
      body.append(sent, size.end(), to);
      if (length == 0) {
        // Behind the last chunk stand trailers, or an empty line.
        Matcher end = END_OF_HEADER.matcher(sent);
        return end.find(size.end() - 2) ? end.end() : sent.length();
      }
      at = Math.min(to + 2, sent.length());
    }
    return sent.length();
  }

  private static String first(Map<String, List<String>> fields, String name) {
    return fields.getOrDefault(name, List.of("")).getFirst();
  }

  /** The path of the target, neither decoded nor normalised. */
  String path() {
    String relative = target.replaceFirst("^[Hh][Tt][Tt][Pp][Ss]?://[^/?]*", "");
    int question = relative.indexOf('?');
    return question < 0 ? relative : relative.substring(0, question);
  }

  /** The query parameters, name and value, percent-decoded. */
  List<Map.Entry<String, String>> query() {
    int question = target.indexOf('?');
    List<Map.Entry<String, String>> query = new ArrayList<>();
    if (question >= 0 && question + 1 < target.length()) {
      for (String parameter : target.substring(question + 1).split("&", -1)) {
        int equals = parameter.indexOf('=');
        query.add(
            equals < 0
                ? Map.entry(decoded(parameter), "")
                : Map.entry(
                    decoded(parameter.substring(0, equals)),
                    decoded(parameter.substring(equals + 1))));
      }
    }
    return query;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    } catch (IllegalArgumentException malformed) {
      return text;
    }
  }

  /**
   * The media type of the request's body without its parameters, in lower case; empty where there
   * is none.
   */
  String requestType() {
    return mediaType(first(request, "Content-Type"));
  }

  /** The same of the answer. */
  String responseType() {
    return mediaType(first(response, "Content-Type"));
  }

  private static String mediaType(String contentType) {
    int semicolon = contentType.indexOf(';');
    String type = semicolon < 0 ? contentType : contentType.substring(0, semicolon);
    return type.strip().toLowerCase(Locale.ROOT);
  }

  /** Whether the request has an event's attributes in its header fields. */
  boolean isBinaryEvent() {
    return !requestType().startsWith("application/cloudevents")
        && Stream.of("ce-specversion", "ce-id", "ce-source", "ce-type")
            .anyMatch(request::containsKey);
  }

  @Override
  public String toString() {
    String call = method.isEmpty() ? "what is not HTTP" : method + " " + target;
    return (call.length() > 200 ? call.substring(0, 200) + "…" : call) + " → " + status;
  }
}
