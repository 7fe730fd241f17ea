package io.kvfunctions.events;

import java.time.Instant;

/**
 * An event of a recorded stream.
 *
 * @param kind what it says of the key
 * @param id what sets it apart, all being of one source
 * @param time when it happened, another moment for each
 */
record RecordedEvent(Kind kind, String key, String id, Instant time) {
  static final String SOURCE = "/recorded/stream";

  /** What an event can say of its key. */
  enum Kind {
    /** It has {@link #value} now. */
    PUT,
    /** It has none now: told to the function that deletes. */
    DELETE,
    /** It has none now: told by an event without data, as a Kafka source does. */
    TOMBSTONE
  }

  /** What the key holds by this event, null where that is nothing. */
  String value() {
    return kind == Kind.PUT ? "value of " + id : null;
  }
}
