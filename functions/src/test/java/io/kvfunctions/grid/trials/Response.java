package io.kvfunctions.grid.trials;

import io.kvfunctions.http.RawAnswer;

/** What came of a request. */
sealed interface Response {
  /** The status, 0 where there is no answer. */
  default int status() {
    return this instanceof Answered(RawAnswer answer) ? answer.status() : 0;
  }

  /** The body, empty where there is no answer. */
  default String text() {
    return this instanceof Answered(RawAnswer answer) ? answer.text() : "";
  }

  record Answered(RawAnswer answer) implements Response {}

  /** It was not sent: nobody took the connection. */
  record NotSent(String why) implements Response {}

  /** It was sent, and whether it arrived nobody knows. */
  record Unanswered(String why) implements Response {}
}
