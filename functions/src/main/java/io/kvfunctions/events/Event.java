package io.kvfunctions.events;

import io.kvfunctions.functions.ProblemException;
import io.kvfunctions.store.ContentType;
import io.kvfunctions.store.Utf8;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An event that is one by all that CloudEvents 1.0 asks for; its data apart.
 *
 * @param source and id name it
 * @param time when what it tells of happened
 * @param dataContentType null where it has none, or has no data
 * @param attributes all of them, as text
 */
record Event(
    String id,
    String source,
    String type,
    @Nullable Instant time,
    @Nullable ContentType dataContentType,
    Attributes attributes) {

  /**
   * The event with these attributes.
   *
   * @throws ProblemException that names the first attribute that is missing or wrong
   */
  static Event of(Attributes attributes) {
    if (!required(attributes, Attributes.SPECVERSION).equals("1.0")) {
      throw Attributes.invalid(
          Attributes.SPECVERSION, "%s is not 1.0, the one version of CloudEvents taken here");
    }
    String id = required(attributes, Attributes.ID);
    if (Utf8.loneSurrogate(id) >= 0) {
      throw Attributes.invalid(Attributes.ID, "%s holds a lone surrogate");
    }
    String source = required(attributes, Attributes.SOURCE);
    if (!Uri.isReference(source)) {
      throw Attributes.invalid(Attributes.SOURCE, "%s is no URI-reference (RFC 3986 §4.1)");
    }
    String type = required(attributes, Attributes.TYPE);
    optional(attributes, Attributes.SUBJECT);
    String schema = optional(attributes, Attributes.DATASCHEMA);
    if (schema != null && !Uri.isAbsolute(schema)) {
      throw Attributes.invalid(Attributes.DATASCHEMA, "%s is no absolute URI (RFC 3986 §4.3)");
    }
    return new Event(id, source, type, time(attributes), dataContentType(attributes), attributes);
  }

  private static String required(Attributes attributes, String name) {
    String value = optional(attributes, name);
    if (value == null) {
      throw Attributes.invalid(name, "the attribute \"%s\" is missing");
    }
    return value;
  }

  private static @Nullable String optional(Attributes attributes, String name) {
    String value = attributes.get(name);
    if (value != null && value.isEmpty()) {
      throw Attributes.invalid(name, "the attribute \"%s\" is empty");
    }
    return value;
  }

  private static @Nullable Instant time(Attributes attributes) {
    String text = optional(attributes, Attributes.TIME);
    if (text == null) {
      return null;
    }
    Instant time = Timestamp.parse(text);
    if (time == null) {
      throw Attributes.invalid(
          Attributes.TIME, "%s is no timestamp (RFC 3339), such as 2026-11-27T08:30:00.5Z");
    }
    return time;
  }

  private static @Nullable ContentType dataContentType(Attributes attributes) {
    String text = optional(attributes, Attributes.DATACONTENTTYPE);
    if (text == null) {
      return null;
    }
    ContentType type = DataType.parse(text);
    if (type == null) {
      throw Attributes.invalid(
          Attributes.DATACONTENTTYPE,
          "%%s is no media type of %d characters at most, such as application/json"
              .formatted(ContentType.MAX_LENGTH));
    }
    return type;
  }
}
