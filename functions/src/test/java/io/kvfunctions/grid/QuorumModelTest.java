package io.kvfunctions.grid;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Seed;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Instances that start, crash, leave, stand still and are cut off at random, over a network that
 * loses, delays and overtakes: never do two hold that are cut off from each other, and once all is
 * well again all hold.
 */
class QuorumModelTest {
  private static final int SCHEDULES = 2_000;
  private static final int CHANGES = 20_000;
  private static final long LEASE = Duration.ofSeconds(5).toNanos();
  private static final long ROUND = Duration.ofMillis(500).toNanos();

  /** After which an instance that stands still is taken for lost. */
  private static final long LOST = Duration.ofSeconds(10).toNanos();

  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  @Test
  void whateverHappens_noTwoThatAreCutOffHold_andInTheEndAllDo() {
    long seed = Seed.forTest("QuorumModelTest");
    int held = 0;
    int heldInACut = 0;
    int electorates = 0;
    for (int i = 0; i < SCHEDULES; i++) {
      Schedule schedule = new Schedule(seed, i);
      schedule.run();
      held += schedule.allHold ? 1 : 0;
      heldInACut += schedule.heldInACut ? 1 : 0;
      electorates += schedule.electorates.size();
    }
    // Else it has shown nothing.
    System.out.printf(
        "QuorumModelTest: %d electorates, %d schedules held in a cut, %d held in the end%n",
        electorates, heldInACut, held);
    assertThat(electorates).isGreaterThan(3 * SCHEDULES);
    assertThat(heldInACut).isGreaterThan(SCHEDULES / 4);
    assertThat(held).isGreaterThan(SCHEDULES / 3);
  }

  @Test
  void whereverAChangeIsCut_oneSideHoldsAtMost() {
    long seed = Seed.forTest("QuorumModelTest, changes");
    int held = 0;
    int changed = 0;
    for (int i = 0; i < CHANGES; i++) {
      Change change = new Change(seed, i);
      change.run();
      held += change.heldInACut ? 1 : 0;
      changed += change.electorates.size() > 1 ? 1 : 0;
    }
    System.out.printf("QuorumModelTest: %d changed, %d held in a cut%n", changed, held);
    assertThat(changed).isGreaterThan(CHANGES / 4);
    assertThat(held).isGreaterThan(CHANGES / 4);
  }

  /**
   * One rollout, in which several believe that they are the oldest, message by message, some of
   * them old ones that come again; with a cut, another one and another one, each of which is there
   * for as long as a lease before anyone looks.
   */
  private static final class Change {
    final String name;
    final Random random;
    final Map<String, Quorum> all = new HashMap<>();
    final Map<String, Integer> sides = new HashMap<>();
    final List<State> said = new ArrayList<>();
    final Map<Long, Electorate> electorates = new HashMap<>();
    final List<String> ids = new ArrayList<>();
    final List<String> oldest = new ArrayList<>();
    boolean heldInACut;
    long now;

    Change(long seed, int number) {
      name = "-Dkv.seed=" + seed + ", change " + number;
      random = new Random(seed + number * 0x9E3779B97F4A7C15L);
      now = random.nextLong();
    }

    void run() {
      int instances = 1 + random.nextInt(4);
      for (int i = 0; i < 2 * instances; i++) {
        String id = "i" + i;
        ids.add(id);
        sides.put(id, 0);
        all.put(id, new Quorum(id, instances, Duration.ofNanos(LEASE)));
      }
      List<String> old = List.copyOf(ids.subList(0, instances));
      old.forEach(each -> quorum(each).view(old));
      for (int i = 0; i < 3; i++) {
        quorum("i0").round(now);
        old.forEach(each -> old.forEach(other -> ask(each, other)));
      }
      List<String> fresh = ids.subList(instances, 2 * instances);
      fresh.forEach(each -> quorum(each).exchange(quorum("i0").state()));
      for (String each : ids) {
        List<String> view = new ArrayList<>(ids);
        Collections.shuffle(view, random); // they never agree on who is the oldest
        if (random.nextInt(ids.size()) < 2) {
          Collections.swap(view, 0, view.indexOf(each));
          oldest.add(each);
        }
        quorum(each).view(view);
      }

      talk();
      for (int i = 0; i < 3; i++) {
        ids.forEach(each -> sides.put(each, random.nextInt(2)));
        now += LEASE;
        talk();
      }
    }

    Quorum quorum(String id) {
      return all.get(id);
    }

    void talk() {
      // In some only what was begun goes on.
      int rounds = oldest.isEmpty() ? 0 : random.nextInt(4);
      int messages = random.nextInt(20 * ids.size());
      for (int i = 0; i < messages; i++) {
        String one = ids.get(random.nextInt(ids.size()));
        String other = ids.get(random.nextInt(ids.size()));
        if (random.nextInt(20) < rounds) {
          quorum(oldest.get(random.nextInt(oldest.size()))).round(now);
        } else if (sides.get(one).equals(sides.get(other)) && !one.equals(other)) {
          ask(one, other);
        }
        check();
      }
    }

    void ask(String one, String other) {
      State asked = quorum(one).state();
      said.add(asked);
      State reply = quorum(other).exchange(asked);
      if (random.nextInt(4) > 0) {
        quorum(one).heard(reply, now);
      }
      State old = said.get(random.nextInt(said.size()));
      if (random.nextInt(4) == 0 && sides.get(old.id()).equals(sides.get(other))) {
        quorum(other).exchange(old);
      }
    }

    void check() {
      boolean[] holding = new boolean[2];
      boolean[] there = new boolean[2];
      for (String each : ids) {
        Electorate electorate = quorum(each).state().electorate();
        Electorate known = electorates.putIfAbsent(electorate.version(), electorate);
        if (known != null && !known.equals(electorate)) {
          throw new AssertionError("%s and %s, %s".formatted(known, electorate, name));
        }
        there[sides.get(each)] = true;
        holding[sides.get(each)] |= quorum(each).holds(now);
      }
      if (holding[0] && holding[1]) {
        throw new AssertionError("both sides hold, " + name);
      }
      heldInACut |= there[0] && there[1] && (holding[0] || holding[1]);
    }
  }

  /** Something that happens at a time. */
  private record Event(long time, long number, Runnable what) implements Comparable<Event> {
    private static final Comparator<Event> ORDER =
        Comparator.comparingLong(Event::time).thenComparingLong(Event::number);

    @Override
    public int compareTo(Event other) {
      return ORDER.compare(this, other);
    }
  }

  private static final class Instance {
    final String id;
    final Quorum quorum;

    /** What it missed while it stood still. */
    final List<Runnable> missed = new ArrayList<>();

    List<Instance> view;
    State sent;
    long followed;
    int side;
    long age;
    boolean gone;
    boolean leaving;
    boolean still;
    long stillSince;

    Instance(String id, Quorum quorum) {
      this.id = id;
      this.quorum = quorum;
    }

    boolean knowsAnElectorate() {
      return !quorum.state().electorate().isNone();
    }
  }

  private static final class Schedule {
    final String name;
    final Random random;
    final long zero;
    final int instances;
    final double loss;

    /** Whether the engine tells nonsense of who is present. */
    final boolean wild;

    /** Whether the engine takes no instance for lost before {@link #LOST}. */
    final boolean slow;

    final PriorityQueue<Event> events = new PriorityQueue<>();
    final List<Instance> all = new ArrayList<>();
    final Map<Long, Electorate> electorates = new HashMap<>();
    boolean calm;
    boolean allHold;
    boolean heldInACut;
    long time;
    long numbers;
    long lastCut = -LEASE;
    int started;

    Schedule(long seed, int number) {
      name = "-Dkv.seed=" + seed + ", schedule " + number;
      random = new Random(seed + number * 0x9E3779B97F4A7C15L);
      zero = random.nextLong(); // as good as any other
      instances = List.of(1, 2, 3, 3, 3, 3, 4, 5).get(random.nextInt(8));
      loss = random.nextInt(4) * 0.15;
      wild = random.nextBoolean();
      slow = random.nextBoolean();
    }

    void run() {
      int atFirst = random.nextInt(5) == 0 ? 1 + random.nextInt(2 * instances - 1) : instances;
      for (int i = 0; i < atFirst; i++) {
        start();
      }
      if (random.nextInt(3) > 0) {
        pass(6 * SECOND); // enough for a beginning, mostly
      }
      if (random.nextInt(3) == 0) {
        rollOut();
        pass(between(0, 3 * SECOND));
      }
      int steps = 4 + random.nextInt(10);
      for (int i = 0; i < steps; i++) {
        step();
        pass(random.nextInt(3) == 0 ? between(LEASE, 2 * LEASE) : between(0, 3 * SECOND));
      }
      end();
    }

    List<Instance> alive() {
      return all.stream().filter(each -> !each.gone).toList();
    }

    long now() {
      return zero + time;
    }

    long between(long from, long to) {
      return from + (long) (random.nextDouble() * (to - from));
    }

    Instance any(List<Instance> from) {
      return from.get(random.nextInt(from.size()));
    }

    void step() {
      List<Instance> alive = alive();
      switch (random.nextInt(11)) {
        case 0, 1 -> start();
        case 2 -> crash(any(alive));
        case 3 -> leave(any(alive));
        case 4 -> rollOut();
        case 5 -> freeze(any(alive));
        case 6 -> alive.forEach(this::resume);
        case 7, 8 -> cut(2);
        case 9 -> cut(3);
        default -> heal();
      }
    }

    void start() {
      List<Instance> alive = alive();
      if (alive.size() >= 2 * instances) {
        return;
      }
      Instance fresh = new Instance("i" + all.size(), newQuorum("i" + all.size()));
      fresh.age = all.size();
      fresh.side = alive.isEmpty() ? 0 : any(alive).side;
      fresh.view = List.of(fresh);
      if (alive.stream().noneMatch(Instance::knowsAnElectorate)) {
        // As many again would be able to begin for themselves.
        if (started == 2 * instances - 1) {
          return;
        }
      } else {
        // So would these, if they are many enough that never heard of the others.
        List<Instance> informed =
            alive.stream()
                .filter(each -> each.side == fresh.side && !each.still)
                .filter(Instance::knowsAnElectorate)
                .toList();
        long others = all.stream().filter(each -> !each.knowsAnElectorate()).count();
        if (others + 1 >= instances) {
          if (informed.isEmpty()) {
            return;
          }
          fresh.quorum.exchange(any(informed).quorum.state());
        }
        if (!informed.isEmpty()) {
          fresh.view = ordered(add(any(informed).view, fresh));
        }
      }
      started++;
      all.add(fresh);
      tellView(fresh, fresh.view);
      at(between(0, ROUND), () -> round(fresh));
      at(between(0, SECOND), () -> engine(fresh));
    }

    Quorum newQuorum(String id) {
      return new Quorum(id, instances, Duration.ofNanos(LEASE));
    }

    /** Whether the others can go on without it: with nobody left there would be a new beginning. */
    boolean isLastToKnow(Instance one) {
      return alive().stream().noneMatch(each -> each != one && each.knowsAnElectorate());
    }

    void crash(Instance one) {
      if (!isLastToKnow(one)) {
        one.gone = true;
      }
    }

    void leave(Instance one) {
      if (calm) {
        return;
      }
      one.leaving = true;
      act(one, one.quorum::leave);
      long latest = time + between(SECOND, 2 * LOST);
      at(ROUND, () -> go(one, latest));
    }

    void go(Instance one, long latest) {
      if (one.gone || calm) {
        return;
      }
      if ((one.quorum.mayGo() && !one.still) || time > latest) {
        crash(one);
      }
      at(ROUND, () -> go(one, latest));
    }

    void rollOut() {
      List<Instance> old = alive();
      for (int i = old.size(); i < 2 * instances; i++) {
        start();
      }
      at(between(0, 6 * SECOND), () -> old.forEach(this::leave));
    }

    void freeze(Instance one) {
      if (!one.still) {
        one.still = true;
        one.stillSince = time;
      }
    }

    void resume(Instance one) {
      if (one.still && !one.gone) {
        one.still = false;
        List<Runnable> missed = List.copyOf(one.missed);
        one.missed.clear();
        missed.forEach(Runnable::run);
      }
    }

    void cut(int sides) {
      for (Instance each : alive()) {
        int side = random.nextInt(sides);
        if (side != each.side) {
          each.side = side;
          lastCut = time;
        }
      }
    }

    void heal() {
      for (Instance each : alive()) {
        if (each.side != 0) {
          each.side = 0;
          each.age = all.size() + each.age; // it joins again
        }
      }
    }

    void end() {
      calm = true;
      heal();
      alive().forEach(this::resume);
      pass(2 * SECOND); // in which one that was just lost may still be counted on
      Electorate newest =
          alive().stream()
              .map(each -> each.quorum.state().electorate())
              .max(Comparator.naturalOrder())
              .orElse(Electorate.NONE);
      Set<String> ids = Set.copyOf(alive().stream().map(each -> each.id).toList());
      boolean enough =
          newest.isNone()
              ? alive().stream().filter(each -> !each.leaving).count() >= instances
              : isMajority(newest.ids(), ids);
      for (Instance each : alive()) {
        Proposal accepted = each.quorum.state().accepted();
        if (accepted != null && each.quorum.state().electorate().equals(newest)) {
          enough &= isMajority(accepted.ids(), ids);
        }
      }
      pass(8 * SECOND);
      if (!enough) {
        return;
      }
      List<Instance> alive = alive();
      for (Instance each : alive) {
        assertThat(each.quorum.holds(now())).as("%s, %s", each.id, this).isTrue();
        if (!each.leaving) {
          assertThat(each.quorum.state().electorate().ids()).as("%s", this).contains(each.id);
        } else if (alive.stream().anyMatch(other -> !other.leaving)) {
          assertThat(each.quorum.mayGo()).as("%s, %s", each.id, this).isTrue();
        }
      }
      allHold = true;
    }

    static boolean isMajority(Collection<String> ids, Set<String> alive) {
      return 2 * ids.stream().filter(alive::contains).count() > ids.size();
    }

    void pass(long duration) {
      long until = time + duration;
      while (!events.isEmpty() && events.peek().time() <= until) {
        Event event = events.remove();
        time = event.time();
        event.what().run();
        check();
      }
      time = until;
    }

    void at(long delay, Runnable what) {
      events.add(new Event(time + delay, numbers++, what));
    }

    /** Has an instance do something, if it is there, when it does anything. */
    void act(Instance one, Runnable what) {
      if (one.gone) {
        return;
      }
      if (one.still) {
        one.missed.add(() -> act(one, what));
        return;
      }
      what.run();
      Electorate electorate = one.quorum.state().electorate();
      if (electorate.version() < one.followed) {
        throw new AssertionError("%s goes back, %s".formatted(one.id, this));
      }
      one.followed = electorate.version();
      Electorate known = electorates.putIfAbsent(electorate.version(), electorate);
      if (known != null && !known.equals(electorate)) {
        throw new AssertionError("%s and %s, %s".formatted(known, electorate, this));
      }
      if (!one.quorum.state().equals(one.sent)) {
        broadcast(one);
      }
    }

    void round(Instance one) {
      if (one.gone) {
        return;
      }
      if (!one.still) {
        one.quorum.round(now());
        one.sent = null;
        act(one, () -> {});
      }
      at(between(ROUND * 9 / 10, ROUND * 11 / 10), () -> round(one));
    }

    void broadcast(Instance one) {
      State state = one.quorum.state();
      one.sent = state;
      long sent = now();
      for (Instance other : one.view) {
        if (other != one) {
          travel(
              one,
              other,
              () -> {
                State reply = wired(other.quorum.exchange(wired(state)));
                travel(other, one, () -> one.quorum.heard(reply, sent));
              });
        }
      }
    }

    void travel(Instance from, Instance to, Runnable what) {
      if (!calm && random.nextDouble() < loss) {
        return;
      }
      long delay =
          !calm && random.nextInt(8) == 0
              ? between(0, 3 * SECOND)
              : between(SECOND / 10_000, SECOND / 20);
      at(
          delay,
          () -> {
            if (from.side == to.side) {
              act(to, what);
            }
          });
    }

    /** What becomes of a state on its way, now and then, since it takes time. */
    State wired(State state) {
      if (random.nextInt(64) > 0) {
        return state;
      }
      try {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        state.writeTo(new DataOutputStream(bytes));
        State read =
            State.readFrom(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
        assertThat(read).isEqualTo(state);
        return read;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** One is removed, or one comes, in the view of one instance. */
    void engine(Instance one) {
      if (one.gone) {
        return;
      }
      act(one, () -> observe(one));
      at(calm ? SECOND / 10 : between(SECOND / 20, 2 * SECOND), () -> engine(one));
    }

    void observe(Instance one) {
      List<Instance> reachable =
          alive().stream()
              .filter(each -> each.side == one.side)
              .filter(each -> !each.still || time - each.stillSince < LOST)
              .toList();
      List<Instance> missing = reachable.stream().filter(each -> !one.view.contains(each)).toList();
      List<Instance> lost = one.view.stream().filter(each -> !reachable.contains(each)).toList();
      if (calm) {
        tellView(one, ordered(reachable));
      } else if (wild && random.nextBoolean()) {
        List<Instance> view = new ArrayList<>(all);
        Collections.shuffle(view, random);
        view.removeIf(each -> each != one && random.nextInt(each.gone ? 2 : 6) == 0);
        tellView(one, view);
      } else if (!missing.isEmpty() && (lost.isEmpty() || random.nextBoolean())) {
        tellView(one, ordered(add(one.view, any(missing))));
      } else if (!lost.isEmpty() && (slow ? time - lastCut > LOST : random.nextInt(3) == 0)) {
        List<Instance> view = new ArrayList<>(one.view);
        view.remove(any(lost));
        tellView(one, view);
      }
    }

    static List<Instance> add(List<Instance> view, Instance one) {
      List<Instance> more = new ArrayList<>(view);
      if (!more.contains(one)) {
        more.add(one);
      }
      return more;
    }

    static List<Instance> ordered(List<Instance> view) {
      return view.stream().sorted(Comparator.comparingLong(each -> each.age)).toList();
    }

    static void tellView(Instance one, List<Instance> view) {
      one.view = List.copyOf(view);
      one.quorum.view(view.stream().map(each -> each.id).toList());
    }

    void check() {
      if (time - lastCut < LEASE) {
        return;
      }
      Instance holding = null;
      boolean isCut = false;
      for (Instance each : all) {
        if (each.gone) {
          continue;
        }
        isCut |= each.side != 0;
        // Also if it stands still: this may be the moment it is resumed.
        if (each.quorum.holds(now())) {
          if (holding != null && holding.side != each.side) {
            throw new AssertionError("%s and %s hold, %s".formatted(holding.id, each.id, this));
          }
          holding = each;
        }
      }
      heldInACut |= isCut && holding != null;
    }

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder(name);
      text.append(", after ").append(Duration.ofNanos(time));
      for (Instance each : all) {
        text.append("\n  ")
            .append(each.gone ? "gone " : each.still ? "still " : "")
            .append("on side ")
            .append(each.side)
            .append(", sees ")
            .append(each.view.stream().map(other -> other.id).toList())
            .append(": ")
            .append(each.quorum.state())
            .append(", ")
            .append(each.quorum.why(now()));
      }
      return text.toString();
    }
  }
}
