package io.kvfunctions.grid.trials;

import static io.kvfunctions.grid.trials.Attempt.Outcome.ACKNOWLEDGED;
import static io.kvfunctions.grid.trials.Attempt.Outcome.REFUSED;
import static io.kvfunctions.grid.trials.Attempt.Outcome.UNKNOWN;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How a trial ended.
 *
 * @param lost writes that had been acknowledged, and are not there
 * @param faults whatever else must not be
 * @param late writes that nobody knew of and that came to pass after a later one
 * @param notes what may be worth to know
 */
record Report(
    String trial,
    Tally tally,
    List<String> lost,
    List<String> faults,
    int late,
    List<String> notes,
    Journal journal) {
  private static final int SHOWN = 20;

  boolean isGood() {
    return lost.isEmpty() && faults.isEmpty();
  }

  /** The figures, for a table of many. */
  String line() {
    return String.format(
        Locale.ROOT,
        "%-28s %-6s %,7d acknowledged %,6d unknown %,6d refused %4d lost %4d late %4d wrong reads  slowest %6.2f s  longest gap %6.2f s  %s",
        trial,
        isGood() ? "ok" : "FAILED",
        tally.count(ACKNOWLEDGED),
        tally.count(UNKNOWN),
        tally.count(REFUSED),
        lost.size(),
        late,
        tally.wrongReads().size(),
        seconds(tally.slowest()),
        seconds(tally.longestGap()),
        String.join(", ", notes));
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1e3;
  }

  /** All there is to know. */
  @Override
  public String toString() {
    List<String> text = new ArrayList<>(List.of(line()));
    text.add(journal.toString());
    show("lost", lost, text);
    show("fault", faults, text);
    tally.troubles().forEach((what, often) -> text.add("%,6d × %s".formatted(often, what)));
    return String.join("\n", text);
  }

  private static void show(String what, List<String> all, List<String> text) {
    all.stream().limit(SHOWN).forEach(one -> text.add(what + ": " + one));
    if (all.size() > SHOWN) {
      text.add("%s: %d more".formatted(what, all.size() - SHOWN));
    }
  }
}
