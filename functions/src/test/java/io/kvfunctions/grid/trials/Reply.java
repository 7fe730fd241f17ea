package io.kvfunctions.grid.trials;

import io.kvfunctions.http.RawAnswer;

/** What came of a request. */
sealed interface Reply {
  /** The status, 0 where there is no answer. */
  default int status() {
    return this instanceof Answered(RawAnswer answer) ? answer.status() : 0;
  }

  /** The body, empty where there is no answer. */
  default String text() {
    return this instanceof Answered(RawAnswer answer) ? answer.text() : "";
  }

  record Answered(RawAnswer answer) implements Reply {}

  /** It was not sent: nobody took the connection. */
  record NotSent(String why) implements Reply {}

  /** It was sent, and whether it arrived nobody knows. */
  record Unanswered(String why) implements Reply {}
}
