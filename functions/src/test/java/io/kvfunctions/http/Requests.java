package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;

/** Requests as the bytes that go over the wire. */
final class Requests {
  static final String JSON = "Content-Type: application/json";
  static final String NDJSON = "Content-Type: application/x-ndjson";
  static final String WANTS_LINES = "Accept: application/x-ndjson";

  private Requests() {}

  static byte[] get(String target, String... headers) {
    return of("GET " + target, null, headers);
  }

  static byte[] put(String key, String value, String... headers) {
    return of("PUT /kv/" + key, value, headers);
  }

  static byte[] post(String target, String type, String body, String... headers) {
    String[] all = new String[headers.length + 1];
    System.arraycopy(headers, 0, all, 0, headers.length);
    all[headers.length] = type;
    return of("POST " + target, body, all);
  }

  /** A request with a Host, these headers, and a body and its length unless that is null. */
  static byte[] of(String line, String body, String... headers) {
    byte[] bytes = body == null ? new byte[0] : body.getBytes(UTF_8);
    String length = body == null ? "" : "Content-Length: " + bytes.length + "\r\n";
    return join(head(line, headers, length), bytes);
  }

  /** The head of a request whose body comes in chunks. */
  static byte[] chunkedHead(String line, String... headers) {
    return head(line, headers, "Transfer-Encoding: chunked\r\n");
  }

  /** The head of a request whose body has this length. */
  static byte[] head(String line, long length, String... headers) {
    return head(line, headers, "Content-Length: " + length + "\r\n");
  }

  private static byte[] head(String line, String[] headers, String more) {
    StringBuilder head = new StringBuilder(line).append(" HTTP/1.1\r\nHost: localhost\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    return head.append(more).append("\r\n").toString().getBytes(US_ASCII);
  }

  static byte[] chunk(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return join(
        (Integer.toHexString(bytes.length) + "\r\n").getBytes(US_ASCII),
        bytes,
        "\r\n".getBytes(US_ASCII));
  }

  static byte[] lastChunk() {
    return "0\r\n\r\n".getBytes(US_ASCII);
  }

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
