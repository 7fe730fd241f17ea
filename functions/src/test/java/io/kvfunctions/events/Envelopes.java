package io.kvfunctions.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.kvfunctions.functions.Json;
import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.ProblemException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/** Events for tests. */
final class Envelopes {
  private Envelopes() {}

  /** An event in JSON. */
  static Envelope json(String json) {
    byte[] bytes = json.getBytes(UTF_8);
    return Json.read(Envelope.JSON, bytes, 0, bytes.length);
  }

  /** An event in JSON that is one, and has these members too. */
  static Envelope jsonWith(String members) {
    return json(
        "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"," + members + "}");
  }

  /** The header fields of an event that is one, as names and values, these put in or over. */
  static Map<String, String> fields(String... more) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("ce-specversion", "1.0");
    fields.put("ce-id", "1");
    fields.put("ce-source", "/s");
    fields.put("ce-type", "t");
    for (int i = 0; i < more.length; i += 2) {
      fields.put(more[i], more[i + 1]);
    }
    return fields;
  }

  static Envelope binary(Map<String, String> fields, String contentType, String body) {
    return Envelope.ofHeader(fields.entrySet().iterator(), contentType)
        .with(ByteBuffer.wrap(body.getBytes(UTF_8)));
  }

  /** What is wrong with it, which must be some attribute. */
  static Problem problem(Envelope envelope) {
    ProblemException thrown = catchThrowableOfType(ProblemException.class, () -> envelope.data());
    assertThat(thrown).isNotNull();
    assertThat(thrown.problem().kind()).isEqualTo(Problem.Kind.EVENT_INVALID);
    assertThat(thrown.problem().members()).containsOnlyKeys("attribute");
    return thrown.problem();
  }

  /** The attribute that is wrong, and what is wrong with it. */
  static String wrong(Envelope envelope) {
    Problem problem = problem(envelope);
    return problem.members().get("attribute") + ": " + problem.detail();
  }
}
