package io.kvfunctions.grid;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is to happen, told step by step. Who is not cut off hears all, and nothing is late. */
class QuorumTest {
  private static final Duration LEASE = Duration.ofSeconds(5);

  private final Map<String, Quorum> running = new LinkedHashMap<>();
  private final Map<String, List<String>> views = new LinkedHashMap<>();

  /** Who hears whom. */
  private List<List<String>> sides = List.of();

  /** Who is never to cease holding, not between two messages either. */
  private List<String> steady = List.of();

  private int instances = 3;
  private long now = Long.MAX_VALUE - Duration.ofSeconds(20).toNanos(); // the count goes round

  @Test
  void aColdStart_whereEachIsAloneAtFirst_holdsOnceAllHaveCome() {
    start("a", "b", "c");
    present("a");
    present("b");
    present("c");
    talk();
    assertHolding();
    assertThat(why("a")).isEqualTo("1 of 3 instances have come");

    present("a", "b");
    talk();
    assertHolding();

    present("a", "b", "c");
    talk();
    assertHolding("a", "b", "c");
    assertElectorate("a", "b", "c");
    assertThat(why("a")).isEqualTo("3 of the 3 instances last seen together are here");
  }

  @Test
  void whereOneNeverComes_noneHolds() {
    start("a", "b");
    present("a", "b");
    talk(Duration.ofMinutes(5));
    assertHolding();
    assertThat(why("b")).isEqualTo("2 of 3 instances have come");
    assertThat(quorum("b").status(now)).isEqualTo(new Quorum.Status(false, 0, 0, 0, 0));
  }

  @Test
  void aBeginning_waitsForAllThatArePresentToAnswer() {
    together("a", "b", "c");
    kill("a", "b"); // c alone knows what there was
    present("c");
    start("d", "e", "f");
    present("c", "d", "e", "f");
    cut(List.of("c"), List.of("d", "e", "f"));
    talk();
    assertHolding();
    assertThat(why("d")).isEqualTo("4 instances have come and are yet to agree");

    heal();
    talk();
    assertHolding();
    assertThat(why("d")).isEqualTo("1 of the 3 instances last seen together are here");
  }

  @Test
  void aBeginning_thatItsProposerDoesNotSurvive_isBroughtToAnEndByTheNext() {
    start("a", "b", "c", "d");
    List.of("a", "b", "c", "d").forEach(each -> quorum(each).view(List.of("a", "b", "c", "d")));
    quorum("a").round(now);
    for (String each : List.of("b", "c", "d")) {
      ask("a", each);
    }
    quorum("a").round(now);
    assertThat(quorum("a").state().accepted()).isNotNull();
    quorum("b").exchange(quorum("a").state()); // c and d never hear of it from a
    kill("a");

    present("b", "c", "d");
    talk();
    assertHolding("b", "c", "d");
    assertElectorate("a", "b", "c", "d");
  }

  @Test
  void whereOneOfThreeIsKilled_twoHoldOn_andTheOneThatReplacesItIsTakenIn() {
    together("a", "b", "c");
    kill("c");
    talk(LEASE.plus(LEASE)); // it is present still
    assertHolding("a", "b");
    present("a", "b");
    talk();
    assertHolding("a", "b");
    assertElectorate("a", "b", "c");
    assertThat(quorum("a").status(now)).isEqualTo(new Quorum.Status(true, 1, 3, 2, 2));

    start("d");
    present("a", "b", "d");
    talk();
    assertHolding("a", "b", "d");
    assertElectorate("a", "b", "d");

    kill("a");
    present("b", "d");
    talk();
    assertHolding("b", "d");
  }

  @Test
  void whereTheOldestIsKilled_theNextOldestTakesNewcomersIn() {
    together("a", "b", "c");
    kill("a");
    start("d");
    present("b", "c", "d");
    talk();
    assertHolding("b", "c", "d");
    assertElectorate("b", "c", "d");
  }

  @Test
  void whereTwoOfThreeAreKilled_theLastDoesNotHold_andNewOnesDoNotChangeThat() {
    together("a", "b", "c");
    kill("a", "b");
    present("c");
    talk();
    assertHolding();
    assertThat(why("c")).isEqualTo("1 of the 3 instances last seen together are here");

    start("d", "e");
    present("c", "d", "e");
    talk(Duration.ofMinutes(1));
    assertHolding();
    assertElectorate("a", "b", "c");
  }

  @Test
  void aRollout_inWhichAllOldOnesLeaveAtTheSameMoment_holdsThroughout() {
    together("a", "b", "c");
    steady = List.of("a", "b", "c");
    start("d", "e", "f");
    present("a", "b", "c", "d");
    talk();
    assertElectorate("a", "b", "c", "d");
    present("a", "b", "c", "d", "e", "f");
    talk();
    assertHolding("a", "b", "c", "d", "e", "f");
    assertElectorate("a", "b", "c", "d", "e", "f");
    assertThat(quorum("a").mayGo()).isFalse();

    steady = List.of("a", "b", "c", "d", "e", "f");
    leave("a", "b", "c");
    talk();
    assertHolding("a", "b", "c", "d", "e", "f"); // those that leave answer until they are gone
    assertElectorate("d", "e", "f");
    assertThat(quorum("a").mayGo()).isTrue();
    assertThat(quorum("b").mayGo()).isTrue();
    assertThat(quorum("c").mayGo()).isTrue();
    assertThat(quorum("d").mayGo()).isFalse();

    kill("a", "b", "c");
    steady = List.of("d", "e", "f");
    talk(LEASE.plus(LEASE));
    assertHolding("d", "e", "f");
    present("d", "e", "f");
    talk();
    assertHolding("d", "e", "f");
    kill("d");
    steady = List.of("e", "f");
    talk(LEASE);
    assertHolding("e", "f");
  }

  @Test
  void aRollout_inWhichAnOldOneCrashes_endsWithTheNewOnes() {
    together("a", "b", "c");
    start("d", "e", "f");
    present("a", "b", "c", "d", "e", "f");
    talk();
    kill("a");
    present("b", "c", "d", "e", "f");
    talk();
    assertHolding("b", "c", "d", "e", "f");

    leave("b", "c");
    talk();
    assertThat(quorum("b").mayGo()).isTrue();
    kill("b", "c");
    present("d", "e", "f");
    talk();
    assertHolding("d", "e", "f");
  }

  @Test
  void aRollout_inWhichANewOneCrashes_endsWithTheNewOnesAndItsReplacement() {
    together("a", "b", "c");
    start("d", "e", "f");
    present("a", "b", "c", "d", "e", "f");
    talk();
    leave("a", "b", "c");
    kill("d");
    present("a", "b", "c", "e", "f");
    talk();
    assertHolding("a", "b", "c", "e", "f");
    assertElectorate("d", "e", "f"); // d is lost, not gone

    kill("a", "b", "c");
    start("g");
    present("e", "f", "g");
    talk();
    assertHolding("e", "f", "g");
    assertElectorate("e", "f", "g");
  }

  @Test
  void aCutOfOneFromTwo_leavesTheTwo_andHealed_allHold() {
    together("a", "b", "c");
    cut(List.of("a"), List.of("b", "c"));
    talk(LEASE);
    assertHolding("b", "c"); // before the engine has noticed
    assertThat(why("a"))
        .isEqualTo("heard from 1 of the 3 instances last seen together in the last 5 s");
    present("a");
    present("b", "c");
    talk();
    assertHolding("b", "c");

    heal();
    present("b", "c", "a");
    talk();
    assertHolding("a", "b", "c");
    assertElectorate("a", "b", "c");
  }

  @Test
  void aCutOfOneThatIsReplaced_andHealed_allHold() {
    together("a", "b", "c");
    cut(List.of("a"), List.of("b", "c", "d"));
    start("d");
    present("a");
    present("b", "c", "d");
    talk(LEASE);
    assertHolding("b", "c", "d");

    heal();
    present("b", "c", "d", "a");
    talk();
    assertHolding("a", "b", "c", "d");
    assertElectorate("a", "b", "c", "d");
  }

  @Test
  void aCutInHalf_duringARollout_leavesNone_andHealed_allHold() {
    together("a", "b", "c", "d", "e", "f");
    cut(List.of("a", "b", "c"), List.of("d", "e", "f"));
    talk(LEASE);
    assertHolding();
    present("a", "b", "c");
    present("d", "e", "f");
    talk();
    assertHolding();

    heal();
    present("a", "b", "c", "d", "e", "f");
    talk();
    assertHolding("a", "b", "c", "d", "e", "f");
  }

  @Test
  void aCutOfTwoFromFour_duringARollout_leavesTheFour_andHealed_allHold() {
    together("a", "b", "c", "d", "e", "f");
    cut(List.of("a", "b", "c", "d"), List.of("e", "f"));
    talk(LEASE);
    present("a", "b", "c", "d");
    present("e", "f");
    talk();
    assertHolding("a", "b", "c", "d");

    heal();
    present("a", "b", "c", "d", "e", "f");
    talk();
    assertHolding("a", "b", "c", "d", "e", "f");
  }

  @Test
  void aCutInHalf_whereBothSidesAreJoinedWhileMembersAreRemovedOneByOne_leavesNone() {
    together("a", "b", "c", "d", "e", "f");
    start("g", "h");
    cut(List.of("a", "b", "c", "g"), List.of("d", "e", "f", "h"));
    for (int gone = 0; gone <= 3; gone++) {
      List<String> left =
          new ArrayList<>(List.of("a", "b", "c", "d", "e", "f").subList(0, 6 - gone));
      List<String> right = new ArrayList<>(List.of("a", "b", "c", "d", "e", "f").subList(gone, 6));
      left.add("g");
      right.add("h");
      left.forEach(each -> quorumView(each, left));
      right.forEach(each -> quorumView(each, right));
      talk(LEASE);
      assertHolding();
    }
    assertThat(why("g")).isEqualTo("3 of the 6 instances last seen together are here");

    heal();
    present("a", "b", "c", "d", "e", "f", "g", "h");
    talk();
    assertHolding("a", "b", "c", "d", "e", "f", "g", "h");
  }

  @Test
  void aChangeThatIsUnderWayInACut_asksForHalfOfBothSides() {
    together("a", "b", "c");
    start("d", "e", "f");
    List<String> all = List.of("a", "b", "c", "d", "e", "f");
    all.forEach(each -> quorumView(each, all));
    quorum("a").round(now);
    for (String each : all.subList(1, 6)) {
      ask("a", each);
    }
    quorum("a").round(now);
    for (String each : List.of("d", "e", "f")) { // who agree, which a never hears of
      quorum(each).exchange(quorum("a").state());
      assertThat(quorum(each).state().accepted()).isNotNull();
      assertThat(quorum(each).state().electorate().ids()).containsExactly("a", "b", "c");
    }

    cut(List.of("a", "b", "c"), List.of("d", "e", "f"));
    talk(LEASE);
    assertHolding();
    assertThat(why("a"))
        .isEqualTo("heard from 3 of the 6 instances last seen together in the last 5 s");
    assertThat(why("d"))
        .isEqualTo("heard from 0 of the 3 instances last seen together in the last 5 s");
    present("a", "b", "c");
    present("d", "e", "f");
    talk();
    assertHolding();

    heal();
    present("a", "b", "c", "d", "e", "f");
    talk();
    assertHolding("a", "b", "c", "d", "e", "f");
  }

  @Test
  void aProposalThatIsRefused_isCountedByAllTheSame() {
    together("a", "b", "c");
    start("d", "e", "f");
    List<String> all = List.of("a", "b", "c", "d", "e", "f");
    all.forEach(each -> quorumView(each, all));
    quorum("a").round(now);
    all.subList(1, 6).forEach(each -> ask("a", each));
    quorumView("d", List.of("d", "a", "b", "c", "e", "f"));
    quorum("d").round(now);
    quorum("b").exchange(quorum("d").state()); // b agrees to nothing of a's any more
    quorum("a").round(now);
    for (String each : List.of("c", "d", "e", "f")) {
      quorum(each).exchange(quorum("a").state());
      quorum(each).exchange(quorum("c").state()); // a and c have agreed, that is it
      assertThat(quorum(each).state().electorate().ids()).containsExactlyElementsOf(all);
    }

    cut(List.of("a", "b"), List.of("c", "d", "e", "f"));
    now += LEASE.toNanos();
    for (String each : List.of("c", "d", "e", "f")) {
      List.of("c", "d", "e", "f").forEach(other -> ask(each, other));
    }
    assertHolding("c", "d", "e", "f");
    ask("a", "b");
    ask("b", "a");
    assertThat(quorum("b").state().electorate().ids()).containsExactly("a", "b", "c");
    assertThat(quorum("b").state().accepted()).isNull();
    assertHolding("c", "d", "e", "f");
    assertThat(why("b"))
        .isEqualTo("heard from 2 of the 6 instances to be counted from now on in the last 5 s");
  }

  @Test
  void whoJoinsAMinority_neverHolds() {
    together("a", "b", "c");
    cut(List.of("a", "d", "e"), List.of("b", "c"));
    start("d", "e");
    present("a", "d", "e");
    present("b", "c");
    talk(Duration.ofMinutes(1));
    assertHolding("b", "c");
  }

  @Test
  void whoIsResumed_holdsOnlyOnceItHasHeardFromMoreThanHalfAgain() {
    together("a", "b", "c");
    long sentBefore = now;
    State reply = quorum("b").exchange(quorum("a").state());
    now += Duration.ofSeconds(15).toNanos();
    assertHolding();
    quorum("a").heard(reply, sentBefore); // it came while a was stopped
    assertThat(quorum("a").holds(now)).isFalse();
    quorum("a").heard(quorum("b").exchange(quorum("a").state()), now);
    assertThat(quorum("a").holds(now)).isTrue();
  }

  @Test
  void aReplyCounts_fromWhenTheMessageWasSent_andNotALeaseLater() {
    together("a", "b", "c");
    talk();
    long sent = now;
    assertThat(quorum("a").holds(sent + LEASE.toNanos() - 1)).isTrue();
    assertThat(quorum("a").holds(sent + LEASE.toNanos())).isFalse();
    quorum("a").heard(quorum("b").state(), sent - 1); // an older one, late
    assertThat(quorum("a").holds(sent + LEASE.toNanos() - 1)).isTrue();
  }

  @Test
  void oneInstanceAlone_holds_andIsReplacedByAnother() {
    instances = 1;
    start("a");
    present("a");
    talk();
    assertHolding("a");
    now += Duration.ofHours(1).toNanos();
    assertHolding("a");

    start("b");
    present("a", "b");
    talk();
    assertHolding("a", "b");
    assertElectorate("a", "b");
    leave("a");
    talk();
    assertHolding("a", "b");
    assertThat(quorum("a").mayGo()).isTrue();
    kill("a");
    talk(LEASE);
    assertHolding("b");
    present("b");
    talk();
    assertHolding("b");
  }

  @Test
  void twoInstances_holdTogether_andAreReplacedByTwo() {
    instances = 2;
    together("a", "b");
    kill("b");
    present("a");
    talk(LEASE);
    assertHolding();
    kill("a");

    together("c", "d");
    start("e", "f");
    present("c", "d", "e", "f");
    talk();
    leave("c", "d");
    talk();
    kill("c", "d");
    present("e", "f");
    talk(LEASE);
    assertHolding("e", "f");
    assertElectorate("e", "f");
  }

  @Test
  void whereAllAnnounceThatTheyLeave_theLastHoldsAsLongAsItIsThere() {
    together("a", "b", "c");
    leave("a", "b", "c");
    talk();
    assertHolding("a", "b", "c");
    assertThat(quorum("a").mayGo()).isTrue();
    assertThat(quorum("b").mayGo()).isTrue();
    assertThat(quorum("c").mayGo()).isFalse();
    kill("a");
    present("b", "c");
    talk(LEASE);
    assertHolding("b", "c");
    kill("b");
    present("c");
    talk(LEASE);
    assertHolding("c");
    assertThat(quorum("c").mayGo()).isTrue();
  }

  @Test
  void whoLeavesOfTheThree_isNotMissed() {
    together("a", "b", "c");
    leave("b");
    talk();
    kill("b");
    present("a", "c");
    talk(LEASE);
    assertHolding("a", "c");
    assertElectorate("a", "c");
  }

  @Test
  void whoLeavesWhereAnotherIsLost_leavesTheThirdAlone() {
    together("a", "b", "c");
    kill("c");
    talk();
    leave("b");
    talk();
    assertElectorate("a", "b", "c"); // c may come back
    assertThat(quorum("b").mayGo()).isFalse();
    present("a", "b");
    talk();
    assertElectorate("a");
    assertThat(quorum("b").mayGo()).isTrue();
    kill("b");
    talk(LEASE);
    assertHolding("a");
  }

  @Test
  void whoFollowsAnElectorate_neverGoesBack() {
    together("a", "b", "c");
    State old = quorum("c").state();
    kill("c");
    start("d");
    present("a", "b", "d");
    talk();
    quorum("a").exchange(old);
    assertElectorate("a", "b", "d");
    assertHolding("a", "b", "d");
  }

  @Test
  void state_isTheSameObjectWhileNothingChanges() {
    together("a", "b", "c");
    State before = quorum("a").state();
    talk();
    assertThat(quorum("a").state()).isSameAs(before);
    quorum("a").leave();
    assertThat(quorum("a").state()).isNotSameAs(before);
    assertThat(quorum("a").state().leaving()).isTrue();
  }

  private Quorum quorum(String id) {
    Quorum quorum = running.get(id);
    assertThat(quorum).as(id).isNotNull();
    return quorum;
  }

  private String why(String id) {
    return quorum(id).why(now);
  }

  private void start(String... ids) {
    for (String each : ids) {
      running.put(each, new Quorum(each, instances, LEASE));
    }
  }

  /** These have started, and are the electorate. */
  private void together(String... ids) {
    start(ids);
    present(ids);
    talk();
    assertHolding(ids);
    assertElectorate(ids);
  }

  /** To those of them that run, these are present. */
  private void present(String... oldestFirst) {
    for (String each : oldestFirst) {
      if (running.containsKey(each)) {
        quorumView(each, List.of(oldestFirst));
      }
    }
  }

  private void quorumView(String id, List<String> oldestFirst) {
    views.put(id, List.copyOf(oldestFirst));
    quorum(id).view(oldestFirst);
  }

  private void leave(String... ids) {
    Arrays.stream(ids).forEach(each -> quorum(each).leave());
  }

  private void kill(String... ids) {
    Arrays.stream(ids).forEach(running::remove);
  }

  private void cut(List<String> one, List<String> other) {
    sides = List.of(one, other);
  }

  private void heal() {
    sides = List.of();
  }

  private boolean hears(String a, String b) {
    return sides.isEmpty() || sides.stream().anyMatch(side -> side.contains(a) && side.contains(b));
  }

  /** Time goes by until nothing changes any more. */
  private void talk() {
    talk(Duration.ofSeconds(3));
  }

  private void talk(Duration time) {
    for (long i = 0; i <= time.toMillis(); i += 500) {
      now += Duration.ofMillis(500).toNanos();
      talkOnce();
    }
  }

  private void talkOnce() {
    running.values().forEach(each -> each.round(now));
    Map<String, State> before;
    do {
      before = said();
      for (String each : running.keySet()) {
        for (String other : views.getOrDefault(each, List.of())) {
          if (!other.equals(each) && running.containsKey(other) && hears(each, other)) {
            ask(each, other);
            assertThat(steady).allMatch(steadily -> quorum(steadily).holds(now));
          }
        }
      }
    } while (!said().equals(before));
  }

  private void ask(String one, String other) {
    if (!one.equals(other)) {
      quorum(one).heard(quorum(other).exchange(quorum(one).state()), now);
    }
  }

  private Map<String, State> said() {
    Map<String, State> said = new LinkedHashMap<>();
    running.forEach((id, quorum) -> said.put(id, quorum.state()));
    return said;
  }

  private void assertHolding(String... ids) {
    List<String> holding =
        running.keySet().stream().filter(each -> quorum(each).holds(now)).toList();
    assertThat(holding).containsExactlyInAnyOrder(ids);
  }

  /** All of it that run follow it. */
  private void assertElectorate(String... ids) {
    for (String each : ids) {
      if (running.containsKey(each)) {
        assertThat(quorum(each).state().electorate().ids()).as(each).containsExactly(ids);
      }
    }
  }
}
