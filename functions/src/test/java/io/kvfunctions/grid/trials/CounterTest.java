package io.kvfunctions.grid.trials;

import static io.kvfunctions.grid.trials.Attempt.Outcome.ACKNOWLEDGED;
import static io.kvfunctions.grid.trials.Attempt.Outcome.REFUSED;
import static io.kvfunctions.grid.trials.Attempt.Outcome.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CounterTest {
  private static final Place PLACE = new Place("p", "127.0.0.1", 1, 2, 3, List.of());

  private final Counter counter = new Counter("k");

  @Test
  void eachCountedOnce_isGood() {
    count("1 by 0.0", ACKNOWLEDGED);
    count("2 by 1.0", REFUSED);
    count("2 by 0.1", UNKNOWN);
    count("3 by 1.1", ACKNOWLEDGED);
    assertThat(faults("3 by 1.1")).isEmpty();
  }

  @Test
  void aNumberCountedTwice_isAFault() {
    count("1 by 0.0", ACKNOWLEDGED);
    count("1 by 1.0", ACKNOWLEDGED);
    count("2 by 1.1", ACKNOWLEDGED);
    assertThat(faults("2 by 1.1"))
        .singleElement()
        .asString()
        .startsWith("counted twice: write of k to 1 by 0.0 through p")
        .contains("1 by 1.0");
  }

  @Test
  void anAcknowledgedNumberThatIsGone_isAFault() {
    count("1 by 0.0", ACKNOWLEDGED);
    count("2 by 0.1", ACKNOWLEDGED);
    assertThat(faults("1 by 0.0"))
        .singleElement()
        .asString()
        .startsWith("counted, but at 1 in the end: write of k to 2 by 0.1");
    assertThat(faults(null)).hasSize(2);
  }

  @Test
  void whatWasRefusedAndIsSeen_isAFault() {
    count("1 by 0.0", REFUSED);
    counter.saw("1 by 0.0");
    count("2 by 1.0", ACKNOWLEDGED);
    assertThat(faults("2 by 1.0"))
        .hasSize(2)
        .anySatisfy(fault -> assertThat(fault).startsWith("seen, but write of k to 1 by 0.0"))
        .anySatisfy(fault -> assertThat(fault).startsWith("k went from 0 to 2, by 1 acknowledged"));
  }

  @Test
  void anotherOnesNumber_isAFault() {
    count("1 by 0.0", ACKNOWLEDGED);
    count("1 by 1.0", UNKNOWN);
    assertThat(faults("1 by 1.0"))
        .singleElement()
        .asString()
        .startsWith("1 by 1.0 in the end, but");
  }

  @Test
  void itGoesOnFromWhereItWasSettled() {
    counter.settle("5 by 0.0");
    count("6 by 0.1", ACKNOWLEDGED);
    assertThat(faults("6 by 0.1")).isEmpty();
    assertThat(faults("5 by 0.0")).hasSize(1);
  }

  /** Both what is lost and what is wrong otherwise. */
  private List<String> faults(@Nullable String last) {
    List<String> all = new ArrayList<>();
    counter.judge(last, new Journal(), all, all);
    return all;
  }

  private void count(String value, Attempt.Outcome outcome) {
    counter.add(new Attempt("k", value, PLACE, 1, 2, outcome, "said"));
  }
}
