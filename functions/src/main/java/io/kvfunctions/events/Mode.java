package io.kvfunctions.events;

import java.util.Locale;

/** How an event came (HTTP Protocol Binding for CloudEvents §3). */
public enum Mode {
  /** Its attributes in header fields, its data as the body. */
  BINARY,
  /** As JSON. */
  STRUCTURED,
  /** With others, in an array. */
  BATCHED;

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
