package io.kvfunctions.linearizability;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Seed;
import io.kvfunctions.linearizability.Call.Condition;
import io.kvfunctions.linearizability.Call.Delete;
import io.kvfunctions.linearizability.Call.Get;
import io.kvfunctions.linearizability.Call.Put;
import io.kvfunctions.linearizability.Outcome.Deleted;
import io.kvfunctions.linearizability.Outcome.Found;
import io.kvfunctions.linearizability.Outcome.Gone;
import io.kvfunctions.linearizability.Outcome.NotFound;
import io.kvfunctions.linearizability.Outcome.Rejected;
import io.kvfunctions.linearizability.Outcome.Stored;
import io.kvfunctions.linearizability.Outcome.Unknown;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Histories of which one can see what they are; times in microseconds. */
class CheckerTest {
  private final History history = new History();
  private int clients;

  private Operation at(long invoked, long answered, Call call, Outcome outcome) {
    return history.add(clients++, "k", call, outcome, invoked * 1_000, answered * 1_000, null);
  }

  private @Nullable Violation check() {
    return history.check();
  }

  private static Put put(String value) {
    return new Put(value, Condition.ANY);
  }

  private static Put putIfMatch(String value, String etag) {
    return new Put(value, Condition.match(etag));
  }

  private static Put putIfAbsent(String value) {
    return new Put(value, Condition.ABSENT);
  }

  private static Delete delete() {
    return new Delete(Condition.ANY);
  }

  // ---- what one store can have told

  @Test
  void oneAfterTheOther_isLinearizable() {
    at(0, 1, new Get(), new NotFound());
    at(2, 3, put("a"), new Stored("A", true));
    at(4, 5, new Get(), new Found("A", "a"));
    at(6, 7, putIfMatch("b", "A"), new Stored("B", false));
    at(8, 9, putIfMatch("c", "A"), new Rejected("B"));
    at(10, 11, new Get(), new Found("B", null));
    at(12, 13, new Delete(Condition.match("B")), new Gone());
    at(14, 15, delete(), new Deleted(false));
    at(16, 17, putIfAbsent("d"), new Stored("D", true));
    at(18, 19, new Put("e", Condition.PRESENT), new Stored("E", false));
    at(20, 21, delete(), new Deleted(true));
    at(22, 23, new Put("f", Condition.PRESENT), new Rejected(null));
    assertThat(check()).isNull();
  }

  @Test
  void overlappingWrites_mayComeInEitherOrder() {
    at(0, 10, put("a"), new Stored("A", false));
    at(0, 10, put("b"), new Stored("B", true));
    at(0, 10, new Get(), new Found("B", "b"));
    at(11, 12, new Get(), new Found("A", "a"));
    assertThat(check()).isNull();
  }

  @Test
  void overlappingReads_maySeeBeforeAndAfter() {
    at(0, 1, put("a"), new Stored("A", true));
    at(2, 10, put("b"), new Stored("B", false));
    at(3, 4, new Get(), new Found("A", "a"));
    at(5, 6, new Get(), new Found("B", "b"));
    at(7, 8, new Get(), new Found("B", "b"));
    assertThat(check()).isNull();
  }

  @Test
  void unknown_mayHaveHappenedMuchLater() {
    at(0, 1, put("a"), new Stored("A", true));
    at(2, 3, put("b"), new Unknown());
    at(4, 5, new Get(), new Found("A", "a"));
    at(6, 7, new Get(), new Found("B", "b"));
    at(8, 9, putIfMatch("c", "B"), new Stored("C", false));
    assertThat(check()).isNull();
  }

  @Test
  void unknown_mayNeverHaveHappened() {
    at(0, 1, put("a"), new Stored("A", true));
    at(2, 3, put("b"), new Unknown());
    at(2, 3, delete(), new Unknown());
    at(4, 5, new Get(), new Found("A", "a"));
    assertThat(check()).isNull();
  }

  @Test
  void unknown_mayShowOnlyInWhatOthersAreTold() {
    at(0, 1, put("a"), new Stored("A", true));
    at(2, 3, put("b"), new Unknown());
    at(4, 5, putIfMatch("c", "A"), new Rejected("B"));
    at(6, 7, putIfMatch("d", "B"), new Stored("D", false));
    at(8, 9, delete(), new Unknown());
    at(10, 11, put("e"), new Stored("E", true));
    assertThat(check()).isNull();
  }

  @Test
  void unknown_mayNeedAnotherToHaveMadeItPossible() {
    at(0, 1, put("a"), new Stored("A", true));
    at(2, 3, putIfAbsent("b"), new Unknown());
    at(2, 3, delete(), new Unknown());
    at(4, 5, new Get(), new Found("B", "b"));
    assertThat(check()).isNull();
  }

  // ---- what it cannot have told

  @Test
  void staleRead_isShownWithTheWriteItMissed() {
    at(0, 100, put("a"), new Stored("A", true));
    at(150, 160, new Get(), new Found("A", "a"));
    at(200, 300, put("b"), new Stored("B", false));
    at(250, 270, new Get(), new Found("A", "a"));
    at(310, 350, new Get(), new Found("B", "b"));
    at(1_400, 1_500, new Get(), new Found("A", "a"));
    assertThat(check())
        .hasToString(
            """
            no order of these operations on "k" explains what was told, whatever was there before:
              client 0           0 to       100  put a → created, A
              client 2         200 to       300  put b → replaced, B
              client 4         310 to       350  get → b, B
              client 5       1,400 to     1,500  get → a, A""");
  }

  @Test
  void readsThatGoBackInTime_areFound() {
    at(0, 1, put("a"), new Stored("A", true));
    at(2, 10, put("b"), new Stored("B", false));
    at(3, 4, new Get(), new Found("B", "b"));
    at(5, 6, new Get(), new Found("A", "a"));
    assertThat(shown()).containsExactly("a", "b", "B", "A");
  }

  @Test
  void lostUpdate_isFound() {
    at(0, 1, put("a"), new Stored("A", true));
    at(2, 5, putIfMatch("b", "A"), new Stored("B", false));
    at(3, 6, putIfMatch("c", "A"), new Stored("C", false));
    at(7, 8, new Get(), new Found("C", "c"));
    assertThat(shown()).containsExactly("a", "b", "c");
  }

  @Test
  void twoThatBothCreated_areFound() {
    at(0, 10, putIfAbsent("a"), new Stored("A", true));
    at(5, 15, putIfAbsent("b"), new Stored("B", true));
    assertThat(shown()).containsExactly("a", "b");
  }

  @Test
  void lostWrite_isFound() {
    at(0, 1, put("a"), new Stored("A", true));
    at(2, 3, new Get(), new NotFound());
    assertThat(shown()).containsExactly("a", "nothing");
  }

  @Test
  void valueFromNowhere_isFound() {
    at(0, 1, put("a"), new Stored("A", true));
    at(2, 3, new Get(), new Found("X", "x"));
    assertThat(check()).isNotNull();
  }

  @Test
  void valueOfAWriteThatHasNotBegun_isFound() {
    at(0, 1, new Get(), new Found("A", "a"));
    at(2, 3, put("a"), new Unknown());
    assertThat(check()).isNotNull();
  }

  @Test
  void rejectionOfWhatHeld_isFound() {
    at(0, 1, put("a"), new Stored("A", true));
    at(2, 3, putIfMatch("b", "A"), new Rejected("A"));
    assertThat(check()).isNotNull();
  }

  @Test
  void rejectionNamingAnEtagThatIsGone_isFound() {
    at(0, 1, put("a"), new Stored("A", true));
    at(2, 3, put("b"), new Stored("B", false));
    at(4, 5, putIfMatch("c", "X"), new Rejected("A"));
    assertThat(check()).isNotNull();
  }

  @Test
  void deletedTwice_isFound() {
    at(0, 1, put("a"), new Stored("A", true));
    at(2, 5, delete(), new Deleted(true));
    at(2, 5, delete(), new Deleted(true));
    assertThat(check()).isNotNull();
  }

  @Test
  void unknown_canHaveHappenedOnlyOnce() {
    at(0, 1, put("b"), new Unknown());
    at(2, 3, new Get(), new Found("B", "b"));
    at(4, 5, put("a"), new Stored("A", false));
    at(6, 7, new Get(), new Found("B", "b"));
    assertThat(check()).isNotNull();
  }

  @Test
  void batchOutOfOrder_isFound() {
    Operation first = history.add(1, "k", put("a"), new Stored("A", false), 0, 9, null);
    history.add(1, "k", put("b"), new Stored("B", true), 0, 9, first);
    assertThat(check()).isNotNull();
  }

  @Test
  void batchInOrder_isLinearizable() {
    Operation first = history.add(1, "k", put("a"), new Stored("A", true), 0, 9, null);
    history.add(1, "k", put("b"), new Stored("B", false), 0, 9, first);
    history.add(2, "k", new Get(), new Found("A", "a"), 3, 4, null);
    assertThat(check()).isNull();
  }

  @Test
  void oneKeySaysNothingOfAnother() {
    history.add(1, "k", put("a"), new Stored("A", true), 0, 1, null);
    history.add(1, "l", new Get(), new NotFound(), 2, 3, null);
    assertThat(check()).isNull();
  }

  @Test
  void etagOfTwoWrites_isFound() {
    at(0, 1, put("a"), new Stored("A", true));
    at(2, 3, put("b"), new Stored("A", false));
    assertThat(history.reusedEtags()).singleElement().asString().contains("names two writes");
  }

  @Test
  void etagOfTwoEntries_isFound() {
    at(0, 1, put("a"), new Stored("A", true));
    history.add(0, "l", new Get(), new Found("A", "a"), 2, 3, null);
    at(4, 5, new Get(), new Found("X", "x"));
    at(6, 7, new Get(), new Found("X", "y"));
    at(8, 9, new Get(), new Found("A", null));
    assertThat(history.reusedEtags()).hasSize(2);
  }

  /** The operations shown, each by its value, the etag it saw, or "nothing". */
  private List<String> shown() {
    Violation violation = check();
    assertThat(violation).isNotNull();
    return violation.operations().stream()
        .map(
            operation ->
                switch (operation.call()) {
                  case Put(String value, Condition condition) -> value;
                  case Get() ->
                      operation.outcome() instanceof Found(String etag, String value)
                          ? etag
                          : "nothing";
                  case Delete(Condition condition) -> "delete";
                })
        .toList();
  }

  // ---- what chance makes up

  private static RandomGenerator random(String test) {
    return new SplittableRandom(Seed.forTest(test));
  }

  @Test
  void whatAStoreDid_isLinearizable() {
    RandomGenerator random = random("whatAStoreDid");
    for (int i = 0; i < 200; i++) {
      History made = Simulation.history(random, 1 + random.nextInt(8), 1 + random.nextInt(200));
      assertThat(made.check()).isNull();
      assertThat(made.reusedEtags()).isEmpty();
    }
  }

  @Test
  void longHistory_isCheckedInNoTime() {
    History made = Simulation.history(random("longHistory"), 16, 5_000);
    assertThat(made.check()).isNull();
  }

  /**
   * Shown are two operations that contradict each other, and the writes they speak of: one for the
   * read, and at most two for the other, where that was refused: by what was there, and for what it
   * had expected.
   */
  @Test
  void oneStaleReadAmongThousands_isShownByAFew() {
    RandomGenerator random = random("oneStaleRead");
    for (int i = 0; i < 20; i++) {
      History made = Simulation.history(random, 8, 1_000);
      List<Operation> writes =
          made.operations().stream().filter(o -> o.outcome() instanceof Stored).toList();
      Operation write = writes.get(writes.size() / 2);
      long end = writes.getLast().answeredNanos() + 1_000_000_000;
      made.add(
          99,
          write.key(),
          new Get(),
          new Found(((Stored) write.outcome()).etag(), ((Put) write.call()).value()),
          end,
          end + 1,
          null);
      Violation violation = made.check();
      assertThat(violation).isNotNull();
      assertThat(violation.operations()).hasSizeBetween(2, 5);
      assertThat(violation.operations().getLast().client()).isEqualTo(99);
    }
  }

  /** The same question put to a search that knows no tricks. */
  @Test
  void anyHistory_isJudgedAsByTryingAllOrders() {
    RandomGenerator random = random("anyHistory");
    int linearizable = 0;
    int rounds = 10_000;
    for (int i = 0; i < rounds; i++) {
      List<Operation> operations = Simulation.nonsense(random, 2 + random.nextInt(5));
      boolean expected = AllOrders.explain(operations);
      linearizable += expected ? 1 : 0;
      Violation violation = Checker.check(operations);
      assertThat(violation == null).as("%s", operations).isEqualTo(expected);
      if (violation != null && !violation.whateverBefore()) {
        // What is shown does not stand for more than what was there.
        assertThat(AllOrders.explain(new ArrayList<>(violation.operations())))
            .as("%s of %s", violation, operations)
            .isFalse();
      }
    }
    assertThat(linearizable).isBetween(rounds / 50, rounds * 49 / 50);
  }
}
