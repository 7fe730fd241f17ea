package io.kvfunctions.events;

import io.kvfunctions.functions.Json;
import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.ProblemException;
import io.kvfunctions.store.ContentType;
import io.kvfunctions.store.Utf8;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * An event as it came, attributes and data, of which nobody knows yet whether it is one. What is
 * wrong with it in itself it holds as its problem, so that a batch can tell of each of its events
 * which one it was. For one thread.
 */
public final class Envelope {
  /** How an event reads as JSON (JSON Event Format §3). */
  public static final Json.Reading<Envelope> JSON = Envelope::ofJson;

  private static final String PREFIX = "ce-";
  private static final String DATA_BASE64 = "data_base64";

  /** What most events have in header fields, so that their names need not be made each time. */
  private static final String[] KNOWN = {
    Attributes.SPECVERSION,
    Attributes.ID,
    Attributes.SOURCE,
    Attributes.TYPE,
    Attributes.TIME,
    Attributes.SUBJECT,
    "key",
    "traceparent"
  };

  private final Attributes attributes = new Attributes();
  private @Nullable Problem problem;
  private @Nullable Event event;

  // Its data, in one of these forms, or none at all.
  private @Nullable ByteBuffer body;
  private @Nullable ByteBuffer json; // as it stands there
  private @Nullable String text; // the same where that is a string

  private Envelope() {}

  /**
   * An event whose attributes are in the header fields of a request (HTTP Protocol Binding for
   * CloudEvents §3.1), its data still to come.
   *
   * @param fields all of them, names in any case, each character of a value standing for a byte
   * @param contentType the type of the body, null where there is none
   */
  public static Envelope ofHeader(
      Iterator<? extends Map.Entry<? extends CharSequence, ? extends CharSequence>> fields,
      @Nullable String contentType) {
    Envelope envelope = new Envelope();
    try {
      while (fields.hasNext()) {
        Map.Entry<? extends CharSequence, ? extends CharSequence> field = fields.next();
        if (isAttribute(field.getKey())) {
          envelope.addField(name(field.getKey()), field.getValue().toString());
        }
      }
      if (contentType != null && !contentType.isEmpty()) {
        envelope.attributes.add(Attributes.DATACONTENTTYPE, contentType);
      }
      envelope.event = Event.of(envelope.attributes);
    } catch (ProblemException e) {
      envelope.problem = e.problem();
    }
    return envelope;
  }

  private static boolean isAttribute(CharSequence name) {
    return name.length() > PREFIX.length()
        && (name.charAt(0) | 0x20) == 'c'
        && (name.charAt(1) | 0x20) == 'e'
        && name.charAt(2) == '-';
  }

  /** The name of the attribute that is in a field of this name. */
  private static String name(CharSequence field) {
    for (String known : KNOWN) {
      if (isOf(field, known)) {
        return known;
      }
    }
    return field.toString().substring(PREFIX.length()).toLowerCase(Locale.ROOT);
  }

  private static boolean isOf(CharSequence field, String name) {
    if (field.length() != PREFIX.length() + name.length()) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      if ((field.charAt(PREFIX.length() + i) | 0x20) != name.charAt(i)) { // which is a letter
        return false;
      }
    }
    return true;
  }

  private void addField(String name, String value) {
    if (name.equals(Attributes.DATACONTENTTYPE)) {
      throw Attributes.invalid(name, "ce-%s may not be there: Content-Type says it");
    }
    attributes.add(name, HeaderValue.decode(name, value));
  }

  /**
   * Puts the data in.
   *
   * @param data nothing is none; good for as long as the event is being dealt with
   */
  public Envelope with(ByteBuffer data) {
    body = data.hasRemaining() ? data : null;
    return this;
  }

  private static Envelope ofJson(Json.Document document) {
    JsonParser parser = document.parser();
    Envelope envelope = new Envelope();
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      envelope.problem =
          Problem.bodyInvalid(
              "the event is %s, it takes an object".formatted(Json.kind(parser.currentToken())));
      parser.skipChildren();
      return envelope;
    }
    for (String name = parser.nextName(); name != null; name = parser.nextName()) {
      parser.nextToken();
      try {
        envelope.addMember(name, document);
      } catch (ProblemException e) {
        if (envelope.problem == null) {
          envelope.problem = e.problem();
        }
        parser.skipChildren(); // the others may say which event it is
      }
    }
    return envelope;
  }

  private void addMember(String name, Json.Document document) {
    JsonParser parser = document.parser();
    JsonToken token = parser.currentToken();
    switch (name) {
      case Attributes.DATA -> {
        requireNoData();
        text = token == JsonToken.VALUE_STRING ? parser.getString() : null;
        json = document.text();
      }
      case DATA_BASE64 -> {
        if (token != JsonToken.VALUE_NULL) {
          requireNoData();
          body = ByteBuffer.wrap(base64(parser));
        }
      }
      case Attributes.SPECVERSION,
          Attributes.ID,
          Attributes.SOURCE,
          Attributes.TYPE,
          Attributes.SUBJECT,
          Attributes.TIME,
          Attributes.DATACONTENTTYPE,
          Attributes.DATASCHEMA -> {
        if (token == JsonToken.VALUE_STRING) {
          attributes.add(name, parser.getString());
        } else if (token != JsonToken.VALUE_NULL) { // which is as if it were not there
          throw Attributes.invalid(
              name, "%%s is %s, it takes a string".formatted(Json.kind(token)));
        }
      }
      default -> {
        switch (token) {
          case VALUE_STRING, VALUE_NUMBER_INT, VALUE_TRUE, VALUE_FALSE ->
              attributes.add(name, parser.getString());
          case VALUE_NULL -> {}
          default ->
              throw Attributes.invalid(
                  name,
                  "%%s is %s, it takes a string, a whole number or a boolean"
                      .formatted(
                          token == JsonToken.VALUE_NUMBER_FLOAT
                              ? "a number with a fraction"
                              : Json.kind(token)));
        }
      }
    }
  }

  private void requireNoData() {
    if (json != null || body != null) {
      throw Attributes.invalid(
          Attributes.DATA, "an event has %s once, either as data or as data_base64");
    }
  }

  private static byte[] base64(JsonParser parser) {
    try {
      if (parser.currentToken() == JsonToken.VALUE_STRING) {
        return Base64.getDecoder().decode(parser.getString());
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw Attributes.invalid(DATA_BASE64, "%s is no string of base64 (RFC 4648 §4)");
  }

  /** Whether it is known already that it is no event. */
  public boolean isRefused() {
    return problem != null;
  }

  /**
   * The event that it is.
   *
   * @throws ProblemException if it is none
   */
  Event event() {
    if (problem != null) {
      throw problem.asException();
    }
    if (event == null) {
      event = Event.of(attributes);
    }
    return event;
  }

  /** What it carries, typed by what the event says of it and by how it came. */
  Data data() {
    ContentType declared = event().dataContentType();
    if (json == null) {
      ContentType type = declared == null ? ContentType.OCTET_STREAM : declared;
      return new Data(body, type);
    }
    ContentType type = declared == null ? ContentType.JSON : declared;
    if (text == null || DataType.isJson(type)) {
      return new Data(json, type);
    }
    if (Utf8.loneSurrogate(text) >= 0) {
      throw Attributes.invalid(Attributes.DATA, "%s holds a lone surrogate");
    }
    return new Data(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), type);
  }

  /** What the event means, as far as that can be said of what may be none. */
  Kind kind() {
    return Kind.of(attributes.get(Attributes.TYPE), hasData());
  }

  private boolean hasData() {
    return json != null || body != null;
  }

  /** Whether its data is the input of a function, and not what is to be stored. */
  public boolean isCommand() {
    return kind() == Kind.COMMAND;
  }

  /** The attribute, as it came; null where it did not. */
  public @Nullable String attribute(String name) {
    return attributes.get(name);
  }
}
