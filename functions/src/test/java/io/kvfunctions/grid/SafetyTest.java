package io.kvfunctions.grid;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SafetyTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final List<String> OTHERS = List.of("b", "c");

  // Where the count of nanoseconds is about to go round.
  private static final long START = Long.MAX_VALUE - SECOND;

  private final Safety safety = new Safety(START);

  private boolean isSafeAt(long nowNanos) {
    safety.settle(OTHERS, nowNanos);
    return safety.isSafe();
  }

  @Test
  void isSafe_onceEverybodyPresentHasSaidSo() {
    assertThat(isSafeAt(START)).isFalse();
    safety.found(true, START);
    safety.hear("b", true);
    assertThat(isSafeAt(START)).isFalse();
    safety.hear("c", true);
    assertThat(isSafeAt(START)).isTrue();
    safety.hear("b", false);
    assertThat(isSafeAt(START)).isFalse();
  }

  @Test
  void isSafe_alone() {
    safety.found(true, START);
    safety.settle(List.of(), START);

    assertThat(safety.isSafe()).isTrue();
  }

  @Test
  void isSafe_notForWhatOneSaidThatWentAndCameBack() {
    safety.found(true, START);
    safety.hear("b", true);
    safety.hear("c", true);
    safety.settle(List.of("b"), START);
    assertThat(safety.isSafe()).isTrue();

    assertThat(isSafeAt(START)).isFalse();
  }

  @Test
  void isSafe_notForWhatWasFoundLongAgo() {
    safety.found(true, START);
    safety.hear("b", true);
    safety.hear("c", true);

    assertThat(isSafeAt(START + 2 * SECOND)).isTrue();
    assertThat(isSafeAt(START + 4 * SECOND)).isFalse();
    assertThat(safety.isSafeHere(START + 4 * SECOND)).isFalse();
  }

  @Test
  void isSafeFor_countsFromWhenItLastBeganToBe() {
    safety.hear("b", true);
    safety.hear("c", true);
    for (int second = 0; second < 10; second++) {
      safety.found(second != 5, START + second * SECOND);
      safety.settle(OTHERS, START + second * SECOND);
      assertThat(safety.isSafeFor(Duration.ofSeconds(2), START + second * SECOND))
          .as("second %s", second)
          .isEqualTo((second >= 2 && second < 5) || second >= 8);
    }
  }

  @Test
  void unsafeFor_countsFromWhenItCeasedToBe() {
    assertThat(safety.unsafeFor(START + SECOND)).isEqualTo(Duration.ofSeconds(1));
    safety.found(true, START + SECOND);
    safety.settle(List.of(), START + SECOND);
    assertThat(safety.unsafeFor(START + 2 * SECOND)).isZero();
    safety.found(false, START + 3 * SECOND);
    safety.settle(List.of(), START + 3 * SECOND);
    assertThat(safety.unsafeFor(START + 5 * SECOND)).isEqualTo(Duration.ofSeconds(2));
  }
}
