package io.kvfunctions.functions;

import java.io.ByteArrayOutputStream;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.function.json.JsonMapper;
import org.springframework.core.convert.ConversionFailedException;
import org.springframework.core.convert.TypeDescriptor;
import org.springframework.core.convert.converter.GenericConverter;
import tools.jackson.core.JsonGenerator;

/**
 * Lets Spring Cloud Function read the functions' inputs from JSON and write their outputs, in the
 * form {@link Json} gives them.
 *
 * <p>Its catalog takes JSON three ways: a message goes to its message converters, which call its
 * JSON mapper; a bare payload goes to that mapper if it looks like JSON; whatever the mapper
 * refused goes to the conversion service. Left as they are, the first two would bind JSON to our
 * records leniently and lose the text of values, and the third would take a whole document for a
 * key. So this is the catalog's JSON mapper and a converter of its conversion service in one, and
 * there is no third reading.
 *
 * <p>What is no input is thrown: a {@link ProblemException} where the message says that it is JSON,
 * and otherwise a {@link ConversionFailedException} with that as its cause. Safe for any number of
 * threads.
 */
final class JsonConverter extends JsonMapper implements GenericConverter {
  private static final List<Class<?>> INPUTS =
      List.of(Get.Input.class, Put.Input.class, Delete.Input.class);

  /** Reads an input, or an array's elements as texts of their own, each to be read as an input. */
  @Override
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // so it is declared there
  protected <T> T doFromJson(Object json, Type type) {
    byte[] bytes = bytes(json);
    return (T) (type == Collection.class ? Json.elements(bytes) : read(bytes, type));
  }

  private static Object read(byte[] json, Type type) {
    if (type == Get.Input.class) {
      return Json.read(Json.GET, json, 0, json.length);
    } else if (type == Put.Input.class) {
      return Json.read(Json.PUT, json, 0, json.length);
    } else if (type == Delete.Input.class) {
      return Json.read(Json.DELETE, json, 0, json.length);
    }
    throw new IllegalArgumentException(
        "JSON is read as an input of get, put or delete, not as " + type.getTypeName());
  }

  private static byte[] bytes(Object json) {
    if (json instanceof byte[] bytes) {
      return bytes;
    } else if (json instanceof String text) {
      try {
        ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        byte[] bytes = new byte[utf8.remaining()];
        utf8.get(bytes);
        return bytes;
      } catch (CharacterCodingException e) {
        throw Problem.bodyInvalid("the body holds a lone surrogate").asException();
      }
    }
    throw new IllegalArgumentException(
        "JSON is read from bytes or a string, not from " + json.getClass().getTypeName());
  }

  @Override
  public byte[] toJson(Object output) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator generator = Json.generator(bytes)) {
      switch (output) {
        case Problem problem -> Json.writeProblem(problem, 0, generator);
        case Get.Output got -> Json.GET.write(got, generator, false);
        case Put.Output put -> Json.PUT.write(put, generator, false);
        case Delete.Output deleted -> Json.DELETE.write(deleted, generator, false);
        default ->
            throw new IllegalArgumentException(
                "JSON is written of an output of get, put or delete, not of "
                    + output.getClass().getTypeName());
      }
    }
    return bytes.toByteArray();
  }

  @Override
  public String toString(Object output) {
    return new String(toJson(output), StandardCharsets.UTF_8);
  }

  @Override
  public Set<ConvertiblePair> getConvertibleTypes() {
    return INPUTS.stream()
        .flatMap(
            input ->
                Stream.of(
                    new ConvertiblePair(byte[].class, input),
                    new ConvertiblePair(String.class, input)))
        .collect(Collectors.toSet());
  }

  @Override
  public @Nullable Object convert(@Nullable Object json, TypeDescriptor from, TypeDescriptor to) {
    if (json == null) {
      return null;
    }
    try {
      return read(bytes(json), to.getType());
    } catch (ProblemException e) {
      // Without the value: it would stand in the exception's message.
      throw new ConversionFailedException(from, to, null, e);
    }
  }
}
