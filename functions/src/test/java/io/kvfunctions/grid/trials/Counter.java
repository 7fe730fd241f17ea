package io.kvfunctions.grid.trials;

import static io.kvfunctions.grid.trials.Attempt.Outcome.ACKNOWLEDGED;
import static io.kvfunctions.grid.trials.Attempt.Outcome.REFUSED;
import static io.kvfunctions.grid.trials.Attempt.Outcome.UNKNOWN;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A key that many writers count up, each only from the entry it has seen ({@code If-Match}). So
 * each number is written once, and by none that was told that it was not. Any thread may add.
 */
final class Counter {
  private final String key;
  private final List<Attempt> attempts = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private int settled;

  Counter(String key) {
    this.key = key;
  }

  String key() {
    return key;
  }

  /** The number that a value stands for; 0 where nothing is there. */
  static int number(@Nullable String value) {
    return value == null ? 0 : Integer.parseInt(value.substring(0, value.indexOf(' ')));
  }

  /** A value for this number that nobody else writes. */
  static String value(int number, int client, int attempt) {
    return number + " by " + client + "." + attempt;
  }

  synchronized void add(Attempt attempt) {
    attempts.add(attempt);
  }

  synchronized void saw(String value) {
    seen.add(value);
  }

  /**
   * Adds what is wrong if this value, null for none, is there in the end.
   *
   * @param lost for acknowledged writes that cannot have stayed
   * @param faults for all else
   */
  synchronized void judge(
      @Nullable String last, Journal journal, List<String> lost, List<String> faults) {
    if (last != null) {
      seen.add(last);
    }
    int end = number(last);
    Map<Integer, Attempt> written = new HashMap<>();
    for (Attempt attempt : attempts) {
      int number = number(attempt.value());
      if (attempt.outcome() == ACKNOWLEDGED) {
        Attempt other = written.putIfAbsent(number, attempt);
        if (other != null) {
          lost.add(
              "counted twice: %s; and %s"
                  .formatted(other.describe(journal), attempt.describe(journal)));
        } else if (number > end || number <= settled) {
          lost.add("counted, but at %d in the end: %s".formatted(end, attempt.describe(journal)));
        } else if (number == end && !String.valueOf(attempt.value()).equals(last)) {
          lost.add("%s in the end, but %s".formatted(last, attempt.describe(journal)));
        }
      }
      if (attempt.outcome() == REFUSED && seen.contains(String.valueOf(attempt.value()))) {
        faults.add("seen, but " + attempt.describe(journal));
      }
    }
    long unknown = attempts.stream().filter(attempt -> attempt.outcome() == UNKNOWN).count();
    if (end - settled > written.size() + unknown) {
      faults.add(
          "%s went from %d to %d, by %d acknowledged and at most %d unknown"
              .formatted(key, settled, end, written.size(), unknown));
    }
  }

  synchronized void settle(@Nullable String value) {
    attempts.clear();
    seen.clear();
    settled = number(value);
  }
}
