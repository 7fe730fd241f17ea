package io.kvfunctions.events;

import io.kvfunctions.functions.Delete;
import io.kvfunctions.functions.Json;
import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.ProblemException;
import io.kvfunctions.functions.Put;
import io.kvfunctions.functions.Ttl;
import io.kvfunctions.store.Condition.Presence;
import io.kvfunctions.store.ContentType;
import io.kvfunctions.store.Occurrence;
import io.kvfunctions.store.TimeToLive;
import io.kvfunctions.store.Value;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Says what an event asks for. A command says it itself, in its data. Any other event tells of
 * something that has happened: which entry that is about stands in one of its attributes, and it is
 * put, or deleted, as the function says that the event was sent to.
 */
final class Interpreter {
  /** The attribute that says how long an entry lives. */
  private static final String TTL = "kvttl";

  private final List<String> keyAttributes;

  /**
   * @param keyAttributes where the key may stand; the first one counts that an event has
   *     (kv.events.key)
   */
  Interpreter(List<String> keyAttributes) {
    this.keyAttributes = List.copyOf(keyAttributes);
  }

  /**
   * What the event asks for.
   *
   * @throws ProblemException if it is no event, or none that asks for anything
   */
  Call call(Envelope envelope, Addressee to) {
    Event event = envelope.event();
    Data data = envelope.data();
    Occurrence occurrence = Occurrence.of(event.source(), event.id(), event.time());
    return switch (Kind.of(event.type(), data.isPresent())) {
      case COMMAND -> command(event, data, occurrence);
      case TOMBSTONE -> delete(event, occurrence);
      case STATE ->
          switch (to) {
            case PUT -> put(event, data, occurrence);
            case DELETE -> delete(event, occurrence);
          };
    };
  }

  private Call put(Event event, Data data, Occurrence occurrence) {
    Value value = Value.copyOf(data.bytesOrNone(), data.type());
    return new Call.ToPut(new Put.Input(key(event), value, ttl(event), Presence.ANY, occurrence));
  }

  private Call delete(Event event, Occurrence occurrence) {
    return new Call.ToDelete(new Delete.Input(key(event), Presence.ANY, occurrence));
  }

  private String key(Event event) {
    for (String attribute : keyAttributes) {
      String key = event.attributes().get(attribute);
      if (key != null) {
        return key;
      }
    }
    throw Attributes.invalid(
        keyAttributes.getFirst(),
        "the event says nowhere which key it is about: it has no attribute "
            + String.join(", nor ", keyAttributes)
            + " (kv.events.key)");
  }

  private static TimeToLive ttl(Event event) {
    @Nullable String text = event.attributes().get(TTL);
    return text == null ? TimeToLive.NONE : Ttl.parse(text);
  }

  private static Call command(Event event, Data data, Occurrence occurrence) {
    if (event.type().equals(Kind.PUT)) {
      Put.Input input = input(Json.PUT, event, data);
      return new Call.ToPut(
          new Put.Input(input.key(), input.value(), input.ttl(), input.condition(), occurrence));
    }
    Delete.Input input = input(Json.DELETE, event, data);
    return new Call.ToDelete(new Delete.Input(input.key(), input.condition(), occurrence));
  }

  private static <I> I input(Json.Reading<I> form, Event event, Data data) {
    ByteBuffer buffer = data.bytes();
    if (buffer == null) {
      throw Attributes.invalid(
          Attributes.DATA, "a command has %s: the input of the function, as JSON");
    }
    ContentType declared = event.dataContentType();
    if (declared != null && !DataType.isJson(declared)) {
      throw Attributes.invalid(
          Attributes.DATA, "the %s of a command is JSON, and its datacontenttype says so");
    }
    byte[] bytes;
    int from = 0;
    int to = buffer.remaining();
    if (buffer.hasArray()) {
      bytes = buffer.array();
      from = buffer.arrayOffset() + buffer.position();
      to += from;
    } else {
      bytes = new byte[to];
      buffer.duplicate().get(bytes);
    }
    try {
      return Json.read(form, bytes, from, to);
    } catch (ProblemException e) {
      if (e.problem().kind() == Problem.Kind.BODY_INVALID && !Json.isJson(bytes, from, to)) {
        throw Attributes.invalid(Attributes.DATA, "the %s of a command is JSON, this is none");
      }
      throw e;
    }
  }
}
