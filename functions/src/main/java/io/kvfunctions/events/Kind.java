package io.kvfunctions.events;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What an event means to the store, which its type says. */
enum Kind {
  /** Its data is the input of a function. */
  COMMAND,
  /** Its data is how something is now. */
  STATE,
  /** That something is no more: a record of Kafka without a value. */
  TOMBSTONE;

  static final String PUT = "io.kvfunctions.put";
  static final String DELETE = "io.kvfunctions.delete";
  private static final String KAFKA = "dev.knative.kafka.event";

  /**
   * What an event of this type means.
   *
   * @param type null where it has none, and so is no event
   */
  static Kind of(@Nullable String type, boolean hasData) {
    if (PUT.equals(type) || DELETE.equals(type)) {
      return COMMAND;
    }
    return KAFKA.equals(type) && !hasData ? TOMBSTONE : STATE;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
