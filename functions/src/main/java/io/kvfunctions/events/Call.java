package io.kvfunctions.events;

import io.kvfunctions.functions.Delete;
import io.kvfunctions.functions.Put;

/** The function that an event asks for, and its input. */
sealed interface Call {
  /** See {@link Put}. */
  record ToPut(Put.Input input) implements Call {}

  /** See {@link Delete}. */
  record ToDelete(Delete.Input input) implements Call {}
}
