package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Requests as nobody should send them, made at random from those that are right. For one thread.
 *
 * <p>There are two sorts. {@link #framed} leaves alone what tells where the request ends, so that
 * the server mostly keeps the connection and many go on one. {@link #broken} leaves nothing alone.
 */
final class Mutations {
  private static final List<String> METHODS =
      List.of("GET", "PUT", "DELETE", "POST", "HEAD", "OPTIONS", "PATCH", "TRACE", "get", "X", "É");
  private static final List<String> TARGETS =
      List.of(
          "/kv/fuzz-%d",
          "/kv/fuzz-%d",
          "/kv/fuzz-%d",
          "/kv",
          "/kv?prefix=fuzz-%d&limit=3",
          "/kv?values=true&limit=5&prefix=fuzz",
          "/get",
          "/put",
          "/delete",
          "/get/fuzz-%d",
          "/livez",
          "/readyz",
          "/openapi.yaml",
          "*",
          "/",
          "//kv/fuzz-%d",
          "/kv/../kv/fuzz-%d",
          "http://localhost/kv/fuzz-%d",
          "localhost:80",
          "/livez?%%",
          "/readyz?a=%%zz&[]|^`{}\\\"<>",
          "/livez#x",
          "/livez/");
  private static final List<String> PIECES =
      List.of(
          "%",
          "%0",
          "%zz",
          "%00",
          "%0d%0a",
          "%c3%28",
          "%ed%a0%80",
          "%f0%9f%98%80",
          "%2F",
          "%3f",
          "?",
          "??",
          "&",
          "=",
          "#",
          "/",
          "//",
          "..",
          "\\",
          "^",
          "[",
          "|",
          "{",
          "é",
          "\u007f",
          "+",
          "&limit=-1",
          "&limit=99999999999999999999",
          "&cursor=AA",
          "&cursor=!",
          "&values=maybe");
  private static final List<String> NAMES =
      List.of(
          "Content-Type",
          "Kv-Ttl",
          "If-Match",
          "If-None-Match",
          "If-Modified-Since",
          "If-Unmodified-Since",
          "If-Range",
          "Range",
          "Content-Range",
          "Content-Encoding",
          "Accept",
          "Accept-Encoding",
          "Accept-Language",
          "Prefer",
          "Expect",
          "Upgrade",
          "HTTP2-Settings",
          "Cookie",
          "Origin",
          "Forwarded",
          "X-Forwarded-For",
          "X-Forwarded-Host",
          "Authorization",
          "X-HTTP-Method-Override",
          "Trailer",
          "TE",
          "Date",
          "ce-specversion",
          "Ce-Id",
          "ce-source",
          "X-" + "x".repeat(200));
  private static final List<String> VALUES =
      List.of(
          "",
          "*",
          "\"",
          "\"AZrx1cPKAAAAAAAB\"",
          "W/\"x\", \"y\"",
          "\"a\" \"b\"",
          "application/json",
          "application/x-ndjson",
          "application/x-ndjson; charset=utf-16",
          "application/cloudevents+json",
          "application/cloudevents-batch+json",
          "application/cloudevents+avro",
          "text/plain",
          "text/",
          "/;;=",
          "multipart/form-data",
          "application/x-www-form-urlencoded",
          "-1",
          "0",
          "99999999999999999999",
          "1.5",
          "PT5S",
          "gzip",
          "h2c",
          "return=minimal",
          "bytes=0-",
          "bytes 0-1/2",
          "100-continue",
          "200-continue",
          "Tue, 99 Foo 2026 25:61:61 GMT",
          "Tue, 24 Nov 2026 18:00:00 GMT",
          "a=b; =; ;;",
          "http://[::1",
          "null",
          "é\u00ff",
          "for=\"[::1\";proto=x",
          "a\tb",
          "x".repeat(3_000));
  private static final List<String> FRAMING =
      List.of(
          "Content-Length: 5",
          "Content-Length: 0",
          "Content-Length: -1",
          "Content-Length: +5",
          "Content-Length: 5, 5",
          "Content-Length: 5,6",
          "Content-Length: 0x10",
          "Content-Length: 99999999999999999999",
          "Content-Length: 9223372036854775807",
          "Content-Length: ",
          "Content-Length : 5",
          " Content-Length: 5",
          "Transfer-Encoding: chunked",
          "Transfer-Encoding: Chunked",
          "Transfer-Encoding: gzip, chunked",
          "Transfer-Encoding: chunked, identity",
          "Transfer-Encoding: xchunked",
          "Transfer-Encoding:\u000bchunked",
          "Transfer-Encoding: ",
          "Connection: close",
          "Connection: upgrade, http2-settings",
          "Connection: keep-alive, close",
          "Host: other",
          "Host: ",
          "Host: a/b@c",
          "Host: [::1",
          "Host",
          ": nameless",
          "Na me: x",
          " folded",
          "X-Nul: \0",
          "X-Cr: a\rb",
          "Expect: 100-continue");
  private static final List<String> JSON =
      List.of(
          "{\"key\":\"fuzz-%d\",\"value\":\"v\"}",
          "{\"key\":\"fuzz-%d\",\"value\":{\"a\":[1,2.5e3,null,true]},\"ttl\":60}",
          "{\"key\":\"fuzz-%d\",\"base64\":\"AAEC\",\"contentType\":\"text/plain\"}",
          "{\"key\":\"fuzz-%d\",\"value\":1,\"ifMatch\":\"AZrx1cPKAAAAAAAB\"}",
          "\"fuzz-%d\"",
          "[{\"key\":\"fuzz-%d\",\"value\":1},\"fuzz-%d\",{\"key\":\"fuzz-%d\"},[],1,null]",
          "[\"fuzz-%d\",\"fuzz-%d\"]");
  private static final List<String> EVENTS =
      List.of(
          "{\"specversion\":\"1.0\",\"id\":\"%d\",\"source\":\"/s\",\"type\":\"t\",\"key\":\"fuzz-%d\",\"data\":{\"a\":[1.0]}}",
          "{\"specversion\":\"1.0\",\"id\":\"%d\",\"source\":\"/s\",\"type\":\"io.kvfunctions.put\",\"data\":{\"key\":\"fuzz-%d\",\"value\":1}}",
          "{\"specversion\":\"1.0\",\"id\":\"%d\",\"source\":\"/s\",\"type\":\"dev.knative.kafka.event\",\"key\":\"fuzz-%d\"}",
          "{\"specversion\":\"1.0\",\"id\":\"%d\",\"source\":\"/s\",\"type\":\"t\",\"subject\":\"fuzz-%d\",\"datacontenttype\":\"text/xml\",\"data\":\"<a/>\",\"time\":\"2026-01-01T00:00:00.5Z\",\"kvttl\":60}",
          "{\"specversion\":\"1.0\",\"id\":\"%d\",\"source\":\"/s\",\"type\":\"t\",\"subject\":\"fuzz-%d\",\"data_base64\":\"AAEC\",\"ext\":true,\"none\":null}");
  private static final List<String> EVENT_FIELDS =
      List.of(
          "ce-specversion: 1.0",
          "ce-specversion: 0.3",
          "Ce-Id: %d",
          "ce-source: /s",
          "ce-source: a b",
          "ce-type: t",
          "ce-type: io.kvfunctions.put",
          "ce-type: io.kvfunctions.delete",
          "ce-type: dev.knative.kafka.event",
          "CE-KEY: fuzz-%d",
          "ce-key: %%",
          "ce-key: %%00",
          "ce-key: \"fuzz-%d",
          "ce-subject: fuzz-%d",
          "ce-subject: %%ff",
          "ce-time: 2026-01-01T00:00:00.000000000000001+23:59",
          "ce-time: 9999-99-99T99:99:99Z",
          "ce-time: ",
          "ce-kvttl: 60",
          "ce-kvttl: -1",
          "ce-dataschema: x",
          "ce-datacontenttype: text/plain",
          "ce-data: x",
          "ce-_: x",
          "ce-: x",
          "ce-é: x");
  private static final List<String> SHARDS =
      List.of(
          "{",
          "}",
          "[",
          "]",
          "\"",
          ",",
          ":",
          "\\",
          "\\ud800",
          "\\u0000",
          "null",
          "1e999999999",
          "-",
          "0x1",
          "\u0000",
          "\ufeff",
          "\n",
          "\r\n",
          "\t",
          "/*",
          "NaN",
          "\"key\":",
          "\"value\":",
          "\"ttl\":-1",
          "\"base64\":\"?\"",
          "[".repeat(600),
          "9".repeat(2_000),
          "é",
          "\ud83d\ude00");

  private final RandomGenerator random;
  private final String secret;

  Mutations(RandomGenerator random, String secret) {
    this.random = random;
    this.secret = secret;
  }

  /** One that is wrong in its target, its fields or its body, and says rightly where it ends. */
  byte[] framed() {
    if (chance(4)) {
      return event();
    }
    String target = one(TARGETS).formatted(key(), key(), key());
    if (random.nextInt(3) == 0) {
      target = insert(target, one(PIECES));
    }
    boolean called = target.startsWith("/put") || target.startsWith("/get") || chance(8);
    String method = called && !chance(4) ? "POST" : one(METHODS);
    List<String> fields = new ArrayList<>();
    fields.add("Host: localhost");
    fields.add("X-Secret: " + secret);
    boolean typed = method.equals("POST") && !chance(6);
    boolean lines = chance(2);
    if (typed) {
      fields.add("Content-Type: application/" + (lines ? "x-ndjson" : "json"));
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      fields.add(random.nextInt(fields.size() + 1), one(NAMES) + ": " + one(VALUES));
    }
    byte[] body = new byte[0];
    if (typed || method.equals("PUT") || chance(8)) {
      body = body(lines);
      fields.add("Content-Length: " + body.length);
    }
    // Not within quotes of the server's own making, else all of the test would be about one line.
    return request(method + " " + target.replace(' ', '+') + " HTTP/1.1", fields, body);
  }

  /** One that delivers an event, or something like it. */
  private byte[] event() {
    List<String> fields = new ArrayList<>(List.of("Host: localhost", "X-Secret: " + secret));
    byte[] body;
    if (chance(2)) {
      fields.addAll(List.of("ce-specversion: 1.0", "ce-source: /s", "ce-type: t"));
      fields.add("ce-id: " + key());
      fields.add("ce-key: fuzz-" + key());
      for (int i = random.nextInt(3); i > 0; i--) {
        String field = one(EVENT_FIELDS).formatted(key());
        if (chance(2)) {
          fields.set(2 + random.nextInt(fields.size() - 2), field);
        } else {
          fields.add(field);
        }
      }
      if (!chance(4)) {
        fields.add("Content-Type: " + one(List.of("application/json", "text/plain", "x", "a/b;")));
      }
      body = chance(6) ? new byte[0] : body(false);
    } else {
      boolean batch = chance(2);
      fields.add("Content-Type: application/cloudevents" + (batch ? "-batch" : "") + "+json");
      StringBuilder json = new StringBuilder(batch ? "[" : "");
      for (int i = batch ? random.nextInt(5) : 1; i > 0; i--) {
        String one = one(EVENTS).formatted(key(), key());
        json.append(chance(3) ? insert(one, one(SHARDS)) : one).append(batch && i > 1 ? "," : "");
      }
      body = json.append(batch ? "]" : "").toString().getBytes(UTF_8);
      if (chance(6)) {
        body = flip(body, random.nextInt(body.length));
      }
    }
    fields.add("Content-Length: " + body.length);
    return request("POST " + (chance(2) ? "/put" : "/delete") + " HTTP/1.1", fields, body);
  }

  /** One that may be wrong anywhere. */
  byte[] broken() {
    byte[] request = chance(3) ? chunked() : framed();
    if (chance(2)) {
      request = withField(request, one(FRAMING));
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      request = mutate(request);
    }
    return request;
  }

  /** Anything at all. */
  byte[] garbage() {
    byte[] bytes = new byte[1 + random.nextInt(300)];
    random.nextBytes(bytes);
    if (chance(2)) {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) " \r\n:/%?GETPUTHTTP1.0".charAt(Math.floorMod(bytes[i], 20));
      }
    }
    return bytes;
  }

  byte[] truncated(byte[] bytes) {
    return Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
  }

  private byte[] chunked() {
    byte[] body = body(chance(2));
    ByteArrayOutputStream chunks = new ByteArrayOutputStream();
    for (int at = 0; at < body.length; ) {
      int size = Math.min(body.length - at, 1 + random.nextInt(40));
      String said =
          chance(20)
              ? one(List.of("", "-1", "g", "0x5", "ffffffff", "7fffffffffffffff", " 5", "0", "5 ;"))
              : Integer.toHexString(size);
      chunks.writeBytes((said + (chance(9) ? ";a=\"b" : "") + "\r\n").getBytes(UTF_8));
      chunks.write(body, at, size);
      chunks.writeBytes((chance(25) ? "\n" : "\r\n").getBytes(UTF_8));
      at += size;
    }
    chunks.writeBytes(
        one(List.of(
                "0\r\n\r\n", "0\r\n\r\n", "0\r\nX-Trailer: 1\r\n\r\n", "0\r\nbad\r\n\r\n", "0\n\n"))
            .getBytes(UTF_8));
    String line = one(List.of("POST /put", "POST /get", "POST /delete", "PUT /kv/fuzz-" + key()));
    return request(
        line + " HTTP/1.1",
        List.of(
            "Host: localhost",
            "X-Secret: " + secret,
            "Content-Type: application/"
                + one(List.of("json", "x-ndjson", "cloudevents+json", "cloudevents-batch+json")),
            "Transfer-Encoding: chunked"),
        chunks.toByteArray());
  }

  private byte[] body(boolean lines) {
    StringBuilder text = new StringBuilder();
    for (int i = lines ? random.nextInt(5) : 1; i > 0; i--) {
      String json = one(JSON).formatted(key(), key(), key());
      for (int j = random.nextInt(3); j > 0; j--) {
        json = insert(json, one(SHARDS));
      }
      text.append(json).append(lines ? "\n" : "");
    }
    byte[] body = text.toString().getBytes(UTF_8);
    if (chance(3) && body.length > 0) {
      int at = random.nextInt(body.length);
      body = chance(2) ? Arrays.copyOf(body, at) : flip(body, at);
    }
    return body;
  }

  private byte[] mutate(byte[] bytes) {
    if (bytes.length == 0) {
      return garbage();
    }
    int at = random.nextInt(bytes.length);
    return switch (random.nextInt(7)) {
      case 0 -> flip(bytes, at);
      case 1 -> Arrays.copyOf(bytes, at);
      case 2 -> splice(bytes, at, at, garbage());
      case 3 -> splice(bytes, at, Math.min(bytes.length, at + 1 + random.nextInt(20)), new byte[0]);
      case 4 -> {
        int end = Math.min(bytes.length, at + 1 + random.nextInt(80));
        yield splice(bytes, at, at, Arrays.copyOfRange(bytes, at, end));
      }
      case 5 -> splice(bytes, at, at, one(FRAMING).concat("\r\n").getBytes(UTF_8));
      default ->
          chance(10)
              ? withField(bytes, "X-Large: " + "l".repeat(random.nextInt(20_000)))
              : splice(
                  bytes, at, at, one(List.of("\n", "\r", "\0", " ", "\r\n\r\n")).getBytes(UTF_8));
    };
  }

  /** Adds a field behind the request line. */
  private static byte[] withField(byte[] request, String field) {
    int at = new String(request, ISO_8859_1).indexOf("\r\n");
    return at < 0 ? request : splice(request, at + 2, at + 2, (field + "\r\n").getBytes(UTF_8));
  }

  private byte[] flip(byte[] bytes, int at) {
    byte[] flipped = bytes.clone();
    flipped[at] ^= (byte) (1 << random.nextInt(8));
    return flipped;
  }

  private static byte[] splice(byte[] bytes, int from, int to, byte[] between) {
    ByteArrayOutputStream spliced = new ByteArrayOutputStream();
    spliced.write(bytes, 0, from);
    spliced.writeBytes(between);
    spliced.write(bytes, to, bytes.length - to);
    return spliced.toByteArray();
  }

  private static byte[] request(String line, List<String> fields, byte[] body) {
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes((line + "\r\n").getBytes(UTF_8));
    fields.forEach(field -> request.writeBytes((field + "\r\n").getBytes(UTF_8)));
    request.writeBytes("\r\n".getBytes(UTF_8));
    request.writeBytes(body);
    return request.toByteArray();
  }

  private String insert(String text, String piece) {
    int at = text.offsetByCodePoints(0, random.nextInt(text.codePointCount(0, text.length()) + 1));
    return text.substring(0, at) + piece + text.substring(at);
  }

  private int key() {
    return random.nextInt(500);
  }

  private boolean chance(int in) {
    return random.nextInt(in) == 0;
  }

  private <T> T one(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }
}
