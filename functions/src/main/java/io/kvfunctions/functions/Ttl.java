package io.kvfunctions.functions;

import io.kvfunctions.store.TimeToLive;
import java.util.Locale;

/** How a time to live reads as text: whole seconds in digits, or {@code keep}. */
public final class Ttl {
  private Ttl() {}

  /**
   * Reads either form.
   *
   * @throws ProblemException if it is neither
   */
  public static TimeToLive parse(String text) {
    return text.equals("keep") ? TimeToLive.KEEP : parseSeconds(text);
  }

  static TimeToLive parseKeep(String text) {
    if (!text.equals("keep")) {
      throw invalid();
    }
    return TimeToLive.KEEP;
  }

  static TimeToLive parseSeconds(String text) {
    // Ten digits are enough for the longest and cannot overflow a long.
    if (text.isEmpty() || text.length() > 10) {
      throw invalid();
    }
    long seconds = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        throw invalid();
      }
      seconds = seconds * 10 + (c - '0');
    }
    if (seconds < 1 || seconds > TimeToLive.MAX_SECONDS) {
      throw invalid();
    }
    return TimeToLive.ofSeconds(seconds);
  }

  static ProblemException invalid() {
    return Problem.of(
            Problem.Kind.TTL_INVALID,
            String.format(
                Locale.ROOT,
                "a time to live is 1 to %,d whole seconds, or keep",
                TimeToLive.MAX_SECONDS))
        .asException();
  }
}
