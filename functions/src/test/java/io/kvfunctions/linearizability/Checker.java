package io.kvfunctions.linearizability;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether the operations on a key are linearizable: whether they can be put in an order in
 * which none comes before one that had been answered when it was invoked, and in which a store that
 * does one after the other gives the answers that were given.
 *
 * <p><b>The search</b> is that of Wing and Gong (1993), going deep first, with the memory of Lowe
 * (2017): which operations have been placed, and what the key holds then, is a place in the search
 * that is visited once. Since only operations that overlap can change places, the set of those
 * placed is a number (all before it) and a few bits. One that only sees what is there is placed as
 * soon as it can be. A sequential history takes one step an operation, and the width of the search
 * is the number of clients.
 *
 * <p><b>What nobody was told of</b> may be left out. It is placed only right before an operation
 * that cannot be explained without it: earlier would explain nothing more, and so the many that
 * have no effect cost nothing. Whoever gets to a place with fewer of them used rules the others
 * out.
 *
 * <p><b>What is shown.</b> Of a history that fails, each of these still fails, and only if the
 * whole does: its beginning up to some time, where what is under way may be left out; its end from
 * some time on, where anything may have been there before; without one that only looked; and with a
 * write that may be left out. So these are tried until none leaves a failure.
 */
final class Checker {
  /** How many steps a search may take before it gives up: far more than any of ours has needed. */
  private static final int PATIENCE = 20_000_000;

  /** The same for the searches that make a failure smaller, which do not have to succeed. */
  private static final int SHRINKING_PATIENCE = 200_000;

  /** How many operations the search goes back before it takes one that nobody was told of. */
  private static final int PRICE_OF_UNKNOWN = 32;

  private final Map<String, String> values = new HashMap<>();

  // Of the search under way.
  private final Set<String> observed = new HashSet<>();
  private final Set<String> named = new HashSet<>();
  private final Queue<Step> open = new PriorityQueue<>(BEST_FIRST);
  private final Map<Place, List<BitSet>> visited = new HashMap<>();
  private int effort;

  private Checker(List<Operation> operations) {
    Set<String> written = new HashSet<>();
    for (Operation operation : operations) {
      if (operation.call() instanceof Call.Put(String value, Call.Condition condition)) {
        if (!written.add(value)) {
          throw new IllegalArgumentException("two puts write " + value + ": " + operation);
        }
        if (operation.outcome() instanceof Outcome.Stored(String etag, boolean created)) {
          values.put(etag, value);
        }
      }
    }
    for (Operation operation : operations) {
      if (operation.outcome() instanceof Outcome.Found(String etag, String value)
          && value != null) {
        values.putIfAbsent(etag, value);
      }
    }
  }

  /**
   * The smallest part of these operations on one key, which held nothing before, that cannot be
   * explained; null where all can.
   *
   * @throws IllegalStateException if that could not be found out with reasonable effort
   */
  static @Nullable Violation check(List<Operation> operations) {
    Checker checker = new Checker(operations);
    Trial whole = Trial.of(operations);
    return switch (checker.search(whole, PATIENCE)) {
      case EXPLAINED -> null;
      case FAILS -> checker.shrink(whole);
      case GAVE_UP ->
          throw new IllegalStateException("undecided after %,d steps".formatted(PATIENCE));
    };
  }

  private enum Verdict {
    EXPLAINED,
    FAILS,
    GAVE_UP
  }

  /**
   * Operations to explain.
   *
   * @param must those that happened, by the time of their invocation
   * @param may those that may have happened
   */
  private record Trial(State initial, List<Operation> must, List<Operation> may) {
    static Trial of(List<Operation> operations) {
      List<Operation> must = new ArrayList<>();
      List<Operation> may = new ArrayList<>();
      for (Operation operation : operations) {
        if (operation.answeredNanos() != Operation.NEVER) {
          must.add(operation);
        } else if (!(operation.call() instanceof Call.Get)) {
          may.add(operation);
        }
      }
      must.sort(
          Comparator.comparingLong(Operation::invokedNanos).thenComparingInt(Operation::number));
      return new Trial(State.ABSENT, must, may);
    }

    /** The beginning: what has been answered by then happened, what is under way may have. */
    Trial until(long nanos) {
      List<Operation> answered = new ArrayList<>();
      List<Operation> underWay = new ArrayList<>();
      for (Operation operation : must) {
        if (operation.answeredNanos() <= nanos) {
          answered.add(operation);
        } else if (operation.invokedNanos() <= nanos && !operation.isObservation()) {
          underWay.add(operation.withoutCondition());
        }
      }
      may.stream().filter(o -> o.invokedNanos() <= nanos).forEach(underWay::add);
      return new Trial(initial, answered, underWay);
    }

    /** The end: what was under way then may have happened after it, and anything before. */
    Trial from(long nanos) {
      List<Operation> invoked = new ArrayList<>();
      List<Operation> underWay = new ArrayList<>();
      for (Operation operation : must) {
        if (operation.invokedNanos() >= nanos) {
          invoked.add(operation);
        } else if (operation.answeredNanos() >= nanos && !operation.isObservation()) {
          underWay.add(operation.withoutCondition());
        }
      }
      may.stream().filter(o -> o.answeredNanos() >= nanos).forEach(underWay::add);
      return new Trial(State.ANYTHING, invoked, underWay);
    }

    /** The same without some observations, and with some writes that may be left out. */
    Trial without(int from, int to) {
      List<Operation> fewer = new ArrayList<>(must.subList(0, from));
      fewer.addAll(must.subList(to, must.size()));
      List<Operation> more = new ArrayList<>(may);
      must.subList(from, to).stream()
          .filter(o -> !o.isObservation())
          .map(Operation::withoutCondition)
          .forEach(more::add);
      return new Trial(initial, fewer, more);
    }
  }

  // ---- the search

  /**
   * Where a search is. Its sets are not changed once they are made.
   *
   * @param base how many of the operations that happened have been placed, without a gap
   * @param beyond those placed behind the gap, counted from base
   * @param state what the key holds after them
   */
  private record Place(int base, BitSet beyond, State state) {
    int depth() {
      return base + beyond.cardinality();
    }
  }

  /**
   * What to try at a place.
   *
   * @param used those placed of the operations that may have happened
   * @param withUnknown whether to place more of them; what can follow without has been tried then
   * @param rank the deepest first, but not at the price of one that may be needed later
   * @param number the later, the greater
   */
  private record Step(Place place, BitSet used, boolean withUnknown, int rank, int number) {
    Step(Place place, BitSet used, boolean withUnknown, int number) {
      this(
          place,
          used,
          withUnknown,
          place.depth() - PRICE_OF_UNKNOWN * (used.cardinality() + (withUnknown ? 1 : 0)),
          number);
    }
  }

  private static final Comparator<Step> BEST_FIRST =
      Comparator.comparingInt(Step::rank).thenComparingInt(Step::number).reversed();

  private Verdict search(Trial trial, int patience) {
    List<Operation> must = trial.must();
    Map<Integer, Integer> indexes = new HashMap<>();
    for (int i = 0; i < must.size(); i++) {
      indexes.put(must.get(i).number(), i);
    }
    listen(trial);
    open.clear();
    visited.clear();
    effort = 0;
    visit(new Place(0, new BitSet(), trial.initial()), new BitSet());
    while (!open.isEmpty()) {
      Step step = open.remove();
      Place place = step.place();
      if (place.base() == must.size()) {
        return Verdict.EXPLAINED;
      }
      List<Integer> next = next(place, must, indexes);
      // Last visited, first tried: the one answered first, which most often came first.
      next.sort(Comparator.comparingLong((Integer i) -> must.get(i).answeredNanos()).reversed());
      if (step.withUnknown()) {
        List<Integer> candidates =
            candidates(trial, step, must.get(next.getLast()).answeredNanos());
        for (int i : next) {
          if (after(place.state(), must.get(i)) == null) {
            explain(
                trial.may(),
                candidates,
                step,
                must.get(i),
                (used, state) -> visit(follow(place, i, state), used));
          }
        }
      } else if (!observe(trial, step, next)) {
        if (!trial.may().isEmpty()) {
          open.add(new Step(place, step.used(), true, effort));
        }
        for (int i : next) {
          State after = after(place.state(), must.get(i));
          if (after != null) {
            visit(follow(place, i, after), step.used());
          }
        }
      }
      if (++effort > patience) {
        return Verdict.GAVE_UP;
      }
    }
    return Verdict.FAILS;
  }

  private @Nullable State after(State state, Operation operation) {
    return state.after(operation.call(), operation.outcome(), values);
  }

  /** One that sees just what is there can come at once: that takes no way from any other. */
  private boolean observe(Trial trial, Step step, List<Integer> next) {
    State state = step.place().state();
    for (int i : next) {
      Operation operation = trial.must().get(i);
      if (operation.isObservation()
          && state.equals(after(state, operation))
          && !endsTimeOfAny(operation, trial.may(), step.used())) {
        visit(follow(step.place(), i, state), step.used());
        return true;
      }
    }
    return false;
  }

  /** Whether one that may have happened cannot any more once the operation has. */
  private static boolean endsTimeOfAny(Operation operation, List<Operation> may, BitSet used) {
    for (int i = used.nextClearBit(0); i < may.size(); i = used.nextClearBit(i + 1)) {
      if (may.get(i).answeredNanos() < operation.invokedNanos()) {
        return true;
      }
    }
    return false;
  }

  private static Place follow(Place place, int index, State state) {
    BitSet beyond = with(place.beyond(), index - place.base());
    int shift = beyond.nextClearBit(0);
    return new Place(
        place.base() + shift,
        shift == 0 ? beyond : beyond.get(shift, Math.max(shift, beyond.length())),
        state);
  }

  /** To be gone on from, unless somebody got there with no more of what may be needed later. */
  private void visit(Place place, BitSet used) {
    List<BitSet> before = visited.computeIfAbsent(place, p -> new ArrayList<>(1));
    for (BitSet fewer : before) {
      BitSet rest = (BitSet) fewer.clone();
      rest.andNot(used);
      if (rest.isEmpty()) {
        return;
      }
    }
    before.add(used);
    open.add(new Step(place, used, false, ++effort));
  }

  /** Which of the operations that happened can come next: none that another one precedes. */
  private static List<Integer> next(
      Place place, List<Operation> must, Map<Integer, Integer> indexes) {
    List<Integer> next = new ArrayList<>();
    long earliest = Operation.NEVER;
    IntPredicate isPlaced = i -> i < place.base() || place.beyond().get(i - place.base());
    for (int i = place.base(); i < must.size(); i++) {
      Operation operation = must.get(i);
      if (operation.invokedNanos() > earliest) {
        break;
      }
      if (!isPlaced.test(i)) {
        earliest = Math.min(earliest, operation.answeredNanos());
        Integer before = indexes.get(operation.after());
        if (before == null || isPlaced.test(before)) {
          next.add(i);
        }
      }
    }
    return next;
  }

  /**
   * Those that may have happened, have not been placed and can be now. Of those that nobody can
   * tell apart, only the one whose time runs out first.
   */
  private List<Integer> candidates(Trial trial, Step step, long earliest) {
    Place place = step.place();
    int lastPlaced = place.base() + place.beyond().length() - 1;
    long latest = lastPlaced < 0 ? Long.MIN_VALUE : trial.must().get(lastPlaced).invokedNanos();
    List<Operation> may = trial.may();
    List<Integer> candidates = new ArrayList<>();
    Map<Call, Integer> alike = new LinkedHashMap<>();
    for (int i = step.used().nextClearBit(0); i < may.size(); i = step.used().nextClearBit(i + 1)) {
      Operation operation = may.get(i);
      if (operation.invokedNanos() > earliest || operation.answeredNanos() < latest) {
        continue;
      }
      switch (operation.call()) {
        case Call.Put(String value, Call.Condition condition) when named.contains(value) ->
            candidates.add(i);
        case Call.Put(String value, Call.Condition condition) ->
            alike.merge(new Call.Put("", condition), i, (a, b) -> first(may, a, b));
        case Call.Delete delete -> alike.merge(delete, i, (a, b) -> first(may, a, b));
        case Call.Get() -> {}
      }
    }
    candidates.addAll(alike.values());
    return candidates;
  }

  private static int first(List<Operation> may, int a, int b) {
    return may.get(a).answeredNanos() <= may.get(b).answeredNanos() ? a : b;
  }

  /**
   * Places as few as it takes of the candidates so that the wanted operation can follow: one, or
   * one whose condition another one makes hold.
   */
  private void explain(
      List<Operation> may,
      List<Integer> candidates,
      Step step,
      Operation wanted,
      BiConsumer<BitSet, State> found) {
    State state = step.place().state();
    List<Integer> blocked = new ArrayList<>();
    for (int i : candidates) {
      State after = after(effect(may.get(i)), wanted);
      // A write would put an end to what somebody is yet to see.
      if (after != null && (wanted.isObservation() || !isObserved(may.get(i)))) {
        if (isPossible(may.get(i), state)) {
          found.accept(with(step.used(), i), after);
        } else {
          blocked.add(i);
        }
      }
    }
    if (blocked.isEmpty()) {
      return;
    }
    for (int first : candidates) {
      if (isPossible(may.get(first), state) && !isObserved(may.get(first))) {
        State between = effect(may.get(first));
        for (int second : blocked) {
          State after = after(effect(may.get(second)), wanted);
          if (after != null && isPossible(may.get(second), between)) {
            found.accept(with(with(step.used(), first), second), after);
          }
        }
      }
    }
  }

  /** What a write leaves behind of which nobody was told, if it happens. */
  private State effect(Operation operation) {
    State effect = State.ANYTHING.after(operation.call(), new Outcome.Unknown(), values);
    return effect == null ? State.ANYTHING : effect;
  }

  private boolean isPossible(Operation operation, State state) {
    return state.after(operation.call(), new Outcome.Unknown(), values) != null;
  }

  /** Keeps in mind which values somebody sees, or speaks of. */
  private void listen(Trial trial) {
    observed.clear();
    for (Operation operation : trial.must()) {
      switch (operation.outcome()) {
        case Outcome.Found(String etag, String value) ->
            observed.add(value != null ? value : values.getOrDefault(etag, ""));
        case Outcome.Rejected(String etag) when etag != null ->
            observed.add(values.getOrDefault(etag, ""));
        default -> {}
      }
    }
    named.clear();
    named.addAll(observed);
    Stream.concat(trial.must().stream(), trial.may().stream())
        .map(operation -> operation.call().condition().etag())
        .filter(Objects::nonNull)
        .forEach(etag -> named.add(values.getOrDefault(etag, "")));
  }

  private boolean isObserved(Operation operation) {
    return operation.call() instanceof Call.Put(String value, Call.Condition condition)
        && observed.contains(value);
  }

  private static BitSet with(BitSet set, int bit) {
    BitSet more = (BitSet) set.clone();
    more.set(bit);
    return more;
  }

  // ---- making a failure smaller

  private Violation shrink(Trial whole) {
    Trial trial = whole;

    long[] answers = trial.must().stream().mapToLong(Operation::answeredNanos).sorted().toArray();
    trial = smallest(trial, answers.length, (all, i) -> all.until(answers[answers.length - 1 - i]));
    long[] starts = trial.must().stream().mapToLong(Operation::invokedNanos).sorted().toArray();
    trial = smallest(trial, starts.length, (all, i) -> all.from(starts[i]));

    for (int size = trial.must().size() / 2; size > 0; size /= 2) {
      for (int from = 0; from < trial.must().size(); ) {
        Trial smaller = trial.without(from, Math.min(from + size, trial.must().size()));
        if (fails(smaller)) {
          trial = smaller;
        } else {
          from += size;
        }
      }
    }
    return new Violation(withOrigins(trial, whole), trial.initial().equals(State.ANYTHING));
  }

  private boolean fails(Trial trial) {
    return search(trial, SHRINKING_PATIENCE) == Verdict.FAILS;
  }

  /** The smallest that fails, of so many parts the later of which are part of the earlier. */
  private Trial smallest(Trial whole, int parts, BiFunction<Trial, Integer, Trial> part) {
    Trial smallest = whole;
    int low = 0;
    int high = parts;
    while (low < high) {
      int middle = (low + high) >>> 1;
      Trial trial = part.apply(whole, middle);
      Verdict verdict = search(trial, SHRINKING_PATIENCE);
      if (verdict == Verdict.EXPLAINED) {
        high = middle;
      } else {
        low = middle + 1; // where it gave up, a smaller one may be easier to decide
        smallest = verdict == Verdict.FAILS ? trial : smallest;
      }
    }
    return smallest;
  }

  /** What must have happened, and the writes that it speaks of. */
  private static List<Operation> withOrigins(Trial trial, Trial whole) {
    Set<String> named = new HashSet<>();
    for (Operation operation : trial.must()) {
      switch (operation.outcome()) {
        case Outcome.Found(String etag, String value) -> {
          named.add(etag);
          named.add(value != null ? value : etag);
        }
        case Outcome.Rejected(String etag) when etag != null -> named.add(etag);
        default -> {}
      }
      if (operation.call().condition().etag() != null) {
        named.add(operation.call().condition().etag());
      }
    }
    List<Operation> shown = new ArrayList<>(trial.must());
    List<Operation> all = new ArrayList<>(whole.must());
    all.addAll(whole.may());
    all.removeAll(shown);
    for (Operation operation : all) {
      if (operation.call() instanceof Call.Put(String value, Call.Condition condition)
          && (named.contains(value)
              || (operation.outcome() instanceof Outcome.Stored(String etag, boolean created)
                  && named.contains(etag)))) {
        shown.add(operation);
      }
    }
    return shown;
  }
}
