package io.kvfunctions.grid.trials;

import static io.kvfunctions.grid.trials.Attempt.Outcome.ACKNOWLEDGED;
import static io.kvfunctions.grid.trials.Attempt.Outcome.UNKNOWN;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A key with one writer, which sends one write after the other: so it is known what it may hold.
 * For one thread at a time.
 */
final class Register {
  /** What a value that was read says. */
  enum Sight {
    /** The last one acknowledged, or one after it of which nobody knows. */
    RIGHT,
    /**
     * One of which nobody knew, and that came to pass after a later one was acknowledged: its
     * request lay somewhere until then. No promise was broken by that.
     */
    LATE,
    /** Older than what was acknowledged, or never written, or refused. */
    WRONG
  }

  private final String key;
  private final List<Attempt> attempts = new ArrayList<>();
  private @Nullable String settled;
  private int values;

  Register(String key) {
    this.key = key;
  }

  String key() {
    return key;
  }

  /** A value that has not been written. */
  String nextValue(int padding) {
    return key + "#" + ++values + "#" + "x".repeat(padding);
  }

  void add(Attempt attempt) {
    attempts.add(attempt);
  }

  /** The last write that was acknowledged since it was settled, null where there was none. */
  @Nullable Attempt lastAcknowledged() {
    return attempts.reversed().stream()
        .filter(attempt -> attempt.outcome() == ACKNOWLEDGED)
        .findFirst()
        .orElse(null);
  }

  /** What to think of this value, null where there was none, if it is what is there now. */
  Sight sight(@Nullable String value) {
    return sight(held -> Objects.equals(held, value));
  }

  /** What to think of there being a value, or none, if that is so now. */
  Sight sightOf(boolean there) {
    return sight(held -> (held != null) == there);
  }

  private Sight sight(Predicate<@Nullable String> fits) {
    for (Attempt attempt : attempts.reversed()) {
      if (attempt.outcome() != Attempt.Outcome.REFUSED && fits.test(attempt.value())) {
        return Sight.RIGHT;
      }
      if (attempt.outcome() == ACKNOWLEDGED) {
        return attempts.stream()
                .anyMatch(earlier -> earlier.outcome() == UNKNOWN && fits.test(earlier.value()))
            ? Sight.LATE
            : Sight.WRONG;
      }
    }
    return fits.test(settled) ? Sight.RIGHT : Sight.WRONG;
  }

  /** What is known of this value, for who has to find out how it came to be there. */
  String origin(@Nullable String value, Journal journal) {
    return attempts.stream()
        .filter(attempt -> value != null && value.equals(attempt.value()))
        .findFirst()
        .map(attempt -> attempt.describe(journal))
        .orElse(
            value == null
                ? "nothing is there"
                : value.equals(settled)
                    ? Ledger.show(value) + ", of an earlier trial"
                    : Ledger.show(value) + ", which was never written");
  }

  /** It holds this now, null for nothing, and nothing is under way any more. */
  void settle(@Nullable String value) {
    attempts.clear();
    settled = value;
  }
}
