package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One HTTP/1.1 answer, read by the letter of RFC 9112. Where a browser would shrug, as at a bare
 * line feed, a space before a colon, two lengths, or a body where there may be none, {@link #read}
 * throws a {@link ProtocolException}.
 */
public final class RawAnswer {
  /**
   * A header field as it came: its name in the server's own case, its value without the white space
   * around it.
   */
  record Header(String name, String value) {}

  private static final Pattern STATUS_LINE =
      Pattern.compile("HTTP/1\\.([01]) ([1-5][0-9]{2}) [^\\r\\n]*");
  private static final Pattern HEADER =
      Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \\t]*(.*?)[ \\t]*");
  private static final Pattern CHUNK_SIZE = Pattern.compile("([0-9A-Fa-f]{1,8})(;.*)?");

  private final String statusLine;
  private final int status;
  private final List<Header> headers;
  private final byte[] body;
  private final boolean endsWithConnection;

  private RawAnswer(
      String statusLine,
      int status,
      List<Header> headers,
      byte[] body,
      boolean endsWithConnection) {
    this.statusLine = statusLine;
    this.status = status;
    this.headers = List.copyOf(headers);
    this.body = body;
    this.endsWithConnection = endsWithConnection;
  }

  public int status() {
    return status;
  }

  List<Header> headers() {
    return headers;
  }

  /** The values of the header fields of this name, in any case, in the order in which they came. */
  public List<String> values(String name) {
    return headers.stream()
        .filter(header -> header.name().equalsIgnoreCase(name))
        .map(Header::value)
        .toList();
  }

  /** The body, without the chunks it may have come in. */
  byte[] body() {
    return body.clone();
  }

  public String text() {
    return new String(body, UTF_8);
  }

  /** Whether only the end of the connection told where the body ended. */
  boolean endsWithConnection() {
    return endsWithConnection;
  }

  /**
   * Reads the next answer.
   *
   * @param head whether the request was a HEAD, whose answer has no body whatever its headers say
   * @throws EOFException where the connection ends before the answer does
   * @throws ProtocolException where it is not HTTP/1.1
   */
  static RawAnswer read(InputStream in, boolean head) throws IOException {
    String statusLine = line(in);
    Matcher line = STATUS_LINE.matcher(statusLine);
    if (!line.matches()) {
      throw new ProtocolException("not a status line: " + Bytes.show(statusLine));
    }
    int status = Integer.parseInt(line.group(2));
    List<Header> headers = headers(in);
    String length = one(headers, "Content-Length");
    String coding = one(headers, "Transfer-Encoding");
    if (length != null && coding != null) {
      throw new ProtocolException("both a Content-Length and a Transfer-Encoding");
    }
    if (length != null && !length.matches("[0-9]{1,18}")) {
      throw new ProtocolException("not a Content-Length: " + length);
    }
    if (coding != null && !coding.equals("chunked")) {
      throw new ProtocolException("not a Transfer-Encoding of ours: " + coding);
    }
    if ((status < 200 || status == 204) && (length != null || coding != null)) {
      throw new ProtocolException(
          status + " with a " + (length != null ? "Content-Length" : "Transfer-Encoding"));
    }
    boolean endsWithConnection = false;
    byte[] body;
    if (head || status < 200 || status == 204 || status == 304) {
      body = new byte[0];
    } else if (coding != null) {
      body = chunks(in);
    } else if (length != null) {
      body = exactly(in, Integer.parseInt(length));
    } else {
      body = in.readAllBytes();
      endsWithConnection = true;
    }
    return new RawAnswer(statusLine, status, headers, body, endsWithConnection);
  }

  private static List<Header> headers(InputStream in) throws IOException {
    List<Header> headers = new ArrayList<>();
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      Matcher header = HEADER.matcher(line);
      if (!header.matches()) {
        throw new ProtocolException("not a header field: " + Bytes.show(line));
      }
      headers.add(new Header(header.group(1), header.group(2)));
    }
    return headers;
  }

  private static String one(List<Header> headers, String name) throws ProtocolException {
    List<Header> found =
        headers.stream().filter(header -> header.name().equalsIgnoreCase(name)).toList();
    if (found.size() > 1) {
      throw new ProtocolException("more than one " + name);
    }
    return found.isEmpty() ? null : found.getFirst().value();
  }

  private static byte[] chunks(InputStream in) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      String line = line(in);
      Matcher size = CHUNK_SIZE.matcher(line);
      if (!size.matches()) {
        throw new ProtocolException("not the size of a chunk: " + Bytes.show(line));
      }
      int length = Integer.parseUnsignedInt(size.group(1), 16);
      if (length == 0) {
        if (!headers(in).isEmpty()) {
          throw new ProtocolException("a trailer");
        }
        return body.toByteArray();
      }
      body.writeBytes(exactly(in, length));
      if (!line(in).isEmpty()) {
        throw new ProtocolException("a chunk is longer than its size");
      }
    }
  }

  private static byte[] exactly(InputStream in, int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException(
          "the connection ended after "
              + bytes.length
              + " of "
              + length
              + " bytes: "
              + Bytes.show(bytes));
    }
    return bytes;
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException(
            line.size() == 0
                ? "the connection ended where an answer was due"
                : "the connection ended within a line: " + line);
      }
      line.write(b);
    }
    String text = line.toString(ISO_8859_1);
    if (!text.endsWith("\r") || text.indexOf('\r') < text.length() - 1) {
      throw new ProtocolException("a line that does not end with CR LF: " + Bytes.show(text));
    }
    return text.substring(0, text.length() - 1);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(statusLine).append('\n');
    headers.forEach(
        header -> text.append(header.name()).append(": ").append(header.value()).append('\n'));
    return text.append('\n').append(Bytes.show(body)).toString();
  }
}
