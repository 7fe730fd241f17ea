package io.kvfunctions.functions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayOutputStream;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/** Inputs from JSON and outputs as JSON, for tests. */
final class Jsons {
  private Jsons() {}

  static <I> I read(Json.Form<I, ?> form, String json) {
    byte[] bytes = json.getBytes(UTF_8);
    return Json.read(form, bytes, 0, bytes.length);
  }

  static <I> List<Json.Element<I>> readArray(Json.Form<I, ?> form, String json) {
    byte[] bytes = json.getBytes(UTF_8);
    return Json.readArray(form, bytes, 0, bytes.length, 10_000);
  }

  /** What is wrong with a document that is no input. */
  static Problem problem(Json.Form<?, ?> form, String json) {
    return problem(form, json.getBytes(UTF_8));
  }

  static Problem problem(Json.Form<?, ?> form, byte[] json) {
    ProblemException thrown =
        catchThrowableOfType(ProblemException.class, () -> Json.read(form, json, 0, json.length));
    assertThat(thrown).as(new String(json, UTF_8)).isNotNull();
    return thrown.problem();
  }

  /** The detail of what is wrong with a document that is no input because of its body. */
  static String detail(Json.Form<?, ?> form, String json) {
    Problem problem = problem(form, json);
    assertThat(problem.kind()).isEqualTo(Problem.Kind.BODY_INVALID);
    return problem.detail();
  }

  static <O> String write(Json.Form<?, O> form, O output, boolean onOneLine) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator generator = Json.generator(bytes)) {
      form.write(output, generator, onOneLine);
    }
    return bytes.toString(UTF_8);
  }
}
