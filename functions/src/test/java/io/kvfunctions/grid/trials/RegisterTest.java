package io.kvfunctions.grid.trials;

import static io.kvfunctions.grid.trials.Attempt.Outcome.ACKNOWLEDGED;
import static io.kvfunctions.grid.trials.Attempt.Outcome.REFUSED;
import static io.kvfunctions.grid.trials.Attempt.Outcome.UNKNOWN;
import static io.kvfunctions.grid.trials.Register.Sight.LATE;
import static io.kvfunctions.grid.trials.Register.Sight.RIGHT;
import static io.kvfunctions.grid.trials.Register.Sight.WRONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RegisterTest {
  private static final Place PLACE = new Place("p", "127.0.0.1", 1, 2, 3, List.of());

  private final Register register = new Register("k");

  @Test
  void nothingWritten_nothingIsThere() {
    assertThat(register.sight(null)).isEqualTo(RIGHT);
    assertThat(register.sight("a")).isEqualTo(WRONG);
  }

  @Test
  void theLastAcknowledged_isThere_andNoOlderOne() {
    write("a", ACKNOWLEDGED);
    write("b", ACKNOWLEDGED);
    assertThat(register.sight("b")).isEqualTo(RIGHT);
    assertThat(register.sight("a")).isEqualTo(WRONG);
    assertThat(register.sight(null)).isEqualTo(WRONG);
  }

  @Test
  void unknownOnesAfterTheLastAcknowledged_mayBeThere() {
    write("a", ACKNOWLEDGED);
    write("b", UNKNOWN);
    write("c", UNKNOWN);
    assertThat(List.of("a", "b", "c")).allMatch(value -> register.sight(value) == RIGHT);
    assertThat(register.sight(null)).isEqualTo(WRONG);
  }

  @Test
  void anUnknownOneBeforeTheLastAcknowledged_isLate() {
    write("a", UNKNOWN);
    write("b", ACKNOWLEDGED);
    assertThat(register.sight("a")).isEqualTo(LATE);
  }

  @Test
  void aRefusedOne_isNotThere() {
    write("a", ACKNOWLEDGED);
    write("b", REFUSED);
    assertThat(register.sight("a")).isEqualTo(RIGHT);
    assertThat(register.sight("b")).isEqualTo(WRONG);
  }

  @Test
  void aDelete_isAWriteOfNothing() {
    write("a", ACKNOWLEDGED);
    write(null, ACKNOWLEDGED);
    assertThat(register.sight(null)).isEqualTo(RIGHT);
    assertThat(register.sight("a")).isEqualTo(WRONG);
    write("b", ACKNOWLEDGED);
    write(null, UNKNOWN);
    assertThat(register.sight("b")).isEqualTo(RIGHT);
    assertThat(register.sight(null)).isEqualTo(RIGHT);
  }

  @Test
  void whatWasSettled_isThereUntilSomethingIsWritten() {
    write("a", UNKNOWN);
    register.settle("a");
    write("b", UNKNOWN);
    assertThat(register.sight("a")).isEqualTo(RIGHT);
    assertThat(register.sight("b")).isEqualTo(RIGHT);
    write("c", ACKNOWLEDGED);
    assertThat(register.sight("a")).isEqualTo(WRONG);
  }

  private void write(@Nullable String value, Attempt.Outcome outcome) {
    register.add(new Attempt("k", value, PLACE, 1, 2, outcome, "said"));
  }
}
