package io.kvfunctions.events;

/** The function that an event was sent to. */
public enum Addressee {
  PUT,
  DELETE
}
