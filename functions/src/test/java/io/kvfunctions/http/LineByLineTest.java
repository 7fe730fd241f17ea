package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * NDJSON is streamed both ways: a client that wants one answer before it asks the next question
 * gets it.
 */
@ParameterizedClass
@EnumSource
class LineByLineTest {
  @Parameter TestMap map;

  @Test
  void aLine_isAnsweredBeforeTheNextIsSent() throws IOException {
    try (TestServer server = map.start(Map.of());
        RawClient client = new RawClient("127.0.0.1", server.port())) {
      client.send(
          String.join(
                  "\r\n",
                  "POST /put HTTP/1.1",
                  "Host: localhost",
                  "Content-Type: application/x-ndjson",
                  "Transfer-Encoding: chunked",
                  "\r\n")
              .getBytes(UTF_8));
      for (int i = 0; i < 3; i++) {
        String line = "{\"key\":\"k" + i + "\",\"value\":\"v\"}\n";
        client.send((Integer.toHexString(line.length()) + "\r\n" + line + "\r\n").getBytes(UTF_8));
        assertThat(client.receiveTo("\"created\":true}\n")).contains("\"key\":\"k" + i + "\"");
      }
      client.send("0\r\n\r\n".getBytes(UTF_8));
      assertThat(client.receiveTo("0\r\n\r\n")).doesNotContain("created");
    }
  }
}
