package io.kvfunctions.grid;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether this instance may answer, so that of instances that are cut off from each other
 * only those on one side do.
 *
 * <p><b>The idea.</b> Those last seen together are an {@link Electorate}. An instance {@linkplain
 * #holds may answer} while more than half of it, itself counted where it belongs to it, are present
 * and have each replied to a message that was sent less than a lease ago. A reply says what the
 * other one knows, which is learned before it counts. So no version needs to be compared: if the
 * half that replied had agreed to another electorate, this instance would know.
 *
 * <p><b>A change</b> of the electorate is decided on by the electorate itself, as one decree of
 * Paxos. The oldest instance present takes a {@link Ballot}; once more than half have promised to
 * agree to nothing in an earlier one, it makes a {@link Proposal}: the latest that any of them had
 * agreed to before, and only where there is none its own. What more than half have agreed to in one
 * ballot is the next electorate, and every instance follows the newest it hears of. Each electorate
 * thus has one successor whoever proposes, dies or is late in between. Nobody ceases to answer for
 * a change: from the first agreement that an instance hears of until the change is done it asks for
 * more than half of both, of the old electorate and of the proposed one. That is what joins the
 * two: where the proposed one is in force more than half of the old one have agreed to it, and one
 * of those is among any half that replies.
 *
 * <p><b>The first electorate</b> has none before it to decide. There it takes the promises of all
 * that are present, as many as are to come at least, and the agreement of as many. Two sets of that
 * many have one in common unless twice as many were started; see below.
 *
 * <p><b>Whom it wants.</b> Newcomers are taken in, once they answer. Where there are as many
 * present as are to be then, those that are not are dropped. Who has announced that it leaves is
 * dropped, which it should wait for ({@link #mayGo}). Nobody is dropped for being lost alone: the
 * electorate would go down to what chance leaves of it, and a newcomer comes soon. Only where those
 * that leave would leave too few without the lost, these are dropped with them.
 *
 * <p><b>What follows.</b>
 *
 * <ul>
 *   <li>If half of an electorate or more are lost for good at once, nothing answers any more until
 *       all instances, those that came later too, are restarted: nobody can tell whether the others
 *       are lost or answer elsewhere.
 *   <li>If all announce that they leave, the youngest remains alone in the electorate, and all go
 *       on answering for as long as it is there.
 *   <li>As many instances as are to be, all of which are new and have never heard from any other,
 *       are a beginning. That they do not start cut off from the others is up to who starts them.
 *   <li>An instance that is stopped and resumed, or cut off, ceases to answer a lease after the
 *       last message that was replied to; the others do not wait for it. So the lease has to be
 *       shorter than the time after which its share of the data is given to others.
 *   <li>An instance that is the only one of its electorate answers always.
 * </ul>
 *
 * <p>A half that is counted without asking, by who is present, was turned down: members are removed
 * one after the other, and by then each side has its own count. So was half of a fixed number: when
 * instances are replaced by others there are twice as many for a while.
 *
 * <p>Time is handed in, as {@link System#nanoTime} counts it. Nothing here sends anything: who has
 * it sends {@link #round} to all present every half second, and {@link #state} as soon as it is
 * another one; both to be {@linkplain #exchange exchanged} for the state of the other.
 *
 * <p>Safe for any number of threads. {@link #holds} and {@link #state} wait for nobody.
 */
public final class Quorum {
  private final String id;
  private final int instances;
  private final long leaseNanos;

  /** What each instance said last, this one included. */
  private final Map<String, State> states = new HashMap<>();

  /** When the last message was sent to which the other one replied, in nanos. */
  private final Map<String, Long> replied = new HashMap<>();

  private final Set<String> leaving = new HashSet<>();
  private List<String> present = List.of();

  /**
   * The proposal in the latest ballot that anyone was seen to agree to, for what follows the
   * electorate. Not always what this instance agreed to: it may have promised not to.
   */
  private @Nullable Proposal pending;

  private volatile State state;
  private volatile Hold hold = Hold.NEVER;

  /** Until when there are replies enough. */
  private record Hold(boolean ever, boolean always, long untilNanos) {
    static final Hold NEVER = new Hold(false, false, 0);
    static final Hold ALWAYS = new Hold(true, true, 0);

    boolean at(long nowNanos) {
      return always || (ever && nowNanos - untilNanos < 0);
    }

    /** While both do. */
    Hold and(Hold other) {
      if (!ever || other.always) {
        return this;
      }
      return !other.ever || always || other.untilNanos - untilNanos < 0 ? other : this;
    }
  }

  /**
   * How it stands, for metrics.
   *
   * @param holds whether this instance may answer
   * @param version of the electorate, 0 where there is none yet
   * @param counted how many belong to the electorate
   * @param present how many of them are present
   * @param heard how many of those have replied within the lease, this instance among them
   */
  public record Status(boolean holds, long version, int counted, int present, int heard) {}

  /**
   * @param id what sets this instance apart from all others, before and beside it
   * @param instances how many are to be, when none are being replaced; the same everywhere
   * @param lease for how long a reply counts, from when what it replies to was sent
   */
  public Quorum(String id, int instances, Duration lease) {
    if (id.isEmpty() || id.length() > State.MAX_ID) {
      throw new IllegalArgumentException("id of " + id.length() + " characters");
    }
    if (instances < 1 || instances > State.MAX_IDS / 2) {
      throw new IllegalArgumentException(instances + " instances");
    }
    this.id = id;
    this.instances = instances;
    this.leaseNanos = lease.toNanos();
    this.state = State.ofNew(id);
    states.put(id, state);
  }

  /** Whether this instance may answer at this moment. */
  public boolean holds(long nowNanos) {
    return hold.at(nowNanos);
  }

  /**
   * What there is to tell the others. Where it no longer equals what was sent last, it should be
   * sent at once.
   */
  public State state() {
    return state;
  }

  /**
   * What is to be sent now that it is time again. Here, and nowhere else, the oldest takes the next
   * step of what has to change: a ballot in one round, its proposal in a later one. In between all
   * have sent to the newcomers too, which they need replies from once those count.
   */
  public synchronized State round(long nowNanos) {
    boolean isOldest = !present.isEmpty() && present.getFirst().equals(id);
    if (isOldest && isToChange()) {
      if (isBallotOpen()) {
        propose(nowNanos);
      } else {
        set(state.promising(state.promised().next(id)));
      }
    }
    settle();
    return state;
  }

  /** Learns from a message of another instance, and answers with what to reply. */
  public synchronized State exchange(State theirs) {
    learn(theirs);
    settle();
    return state;
  }

  /**
   * Learns from the reply to a message, which counts from when that was sent.
   *
   * @param sentNanos from before the message was made
   */
  public synchronized void heard(State reply, long sentNanos) {
    learn(reply);
    replied.merge(reply.id(), sentNanos, (a, b) -> a - b < 0 ? b : a);
    settle();
  }

  /**
   * Tells which instances are present.
   *
   * @param presentOldestFirst this one among them
   */
  public synchronized void view(List<String> presentOldestFirst) {
    present = List.copyOf(presentOldestFirst);
    states.keySet().removeIf(each -> !isOfInterest(each));
    replied.keySet().removeIf(each -> !isOfInterest(each));
    leaving.removeIf(each -> !isOfInterest(each));
    settle();
  }

  /** The instances present but this one, the oldest first. */
  public synchronized List<String> others() {
    return present.stream().filter(each -> !each.equals(id)).toList();
  }

  /** Whether that instance is present here. */
  public synchronized boolean sees(String other) {
    return present.contains(other);
  }

  /** Announces that this instance leaves. */
  public synchronized void leave() {
    if (!state.leaving()) {
      leaving.add(id);
      set(state.announcingLeave());
      settle();
    }
  }

  /**
   * Whether this instance can go without being missed: the others know that they do not count on
   * it, or there are no others. Having announced that it leaves it should wait for that, though not
   * forever; who goes before is lost to the others, and several that do may be too many.
   */
  public synchronized boolean mayGo() {
    Electorate electorate = state.electorate();
    if (pending != null && (electorate.isNone() || pending.ids().contains(id))) {
      return false; // there will be others soon, or this one among them
    }
    return electorate.includes(id)
        ? electorate.ids().size() == 1 && present.stream().allMatch(id::equals)
        : electorate.isNone() || agreed(known -> true);
  }

  /** Whether all of the electorate are here, and have been heard of within the lease. */
  public synchronized boolean isWhole(long nowNanos) {
    NavigableSet<String> ids = state.electorate().ids();
    return !ids.isEmpty() && heardOf(ids, nowNanos) == ids.size();
  }

  /** How it stands at this moment. */
  public synchronized Status status(long nowNanos) {
    NavigableSet<String> ids = state.electorate().ids();
    return new Status(
        holds(nowNanos),
        state.electorate().version(),
        ids.size(),
        presentOf(ids),
        heardOf(ids, nowNanos));
  }

  /** How it stands at this moment, and where this instance may not answer why, for people. */
  public synchronized String why(long nowNanos) {
    NavigableSet<String> ids = state.electorate().ids();
    if (ids.isEmpty()) {
      return present.size() < instances
          ? "%d of %d instances have come".formatted(present.size(), instances)
          : "%d instances have come and are yet to agree".formatted(present.size());
    }
    String known = why(ids, "last seen together", nowNanos);
    if (holds(nowNanos) || pending == null || !holdOf(ids).at(nowNanos)) {
      return known;
    }
    return why(pending.ids(), "to be counted from now on", nowNanos);
  }

  private String why(NavigableSet<String> ids, String which, long nowNanos) {
    int here = presentOf(ids);
    int heard = heardOf(ids, nowNanos);
    return here >= majority(ids) && heard < majority(ids)
        ? "heard from %d of the %d instances %s in the last %s s"
            .formatted(heard, ids.size(), which, seconds())
        : "%d of the %d instances %s are here".formatted(here, ids.size(), which);
  }

  private String seconds() {
    return BigDecimal.valueOf(leaseNanos, 9).stripTrailingZeros().toPlainString();
  }

  private void set(State next) {
    state = next;
    states.put(id, next);
  }

  private void learn(State theirs) {
    if (theirs.id().equals(id)) {
      return;
    }
    states.put(theirs.id(), theirs);
    if (theirs.leaving()) {
      leaving.add(theirs.id());
    }
    if (theirs.electorate().compareTo(state.electorate()) > 0) {
      follow(theirs.electorate());
    }
    if (!theirs.electorate().equals(state.electorate())) {
      return;
    }
    Proposal accepted = theirs.accepted();
    if (accepted != null) {
      if (pending == null || accepted.ballot().compareTo(pending.ballot()) > 0) {
        pending = accepted;
      }
      // Before the promise, as if each had come by itself.
      if (accepted.ballot().compareTo(state.promised()) >= 0
          && !state.acceptedIn(accepted.ballot())) {
        set(state.accepting(accepted));
      }
    }
    if (theirs.promised().compareTo(state.promised()) > 0) {
      set(state.promising(theirs.promised()));
    }
  }

  private void follow(Electorate electorate) {
    set(state.following(electorate));
    pending = null;
  }

  private void settle() {
    elect();
    Hold next = state.electorate().isNone() ? Hold.NEVER : holdOf(state.electorate().ids());
    hold = pending == null ? next : next.and(holdOf(pending.ids()));
  }

  /** Whether the last ballot is this instance's own. */
  private boolean isBallotOpen() {
    return state.promised().proposer().equals(id);
  }

  /** Whether enough are present to agree on a change, if they only answer. */
  public synchronized boolean areEnoughPresent() {
    NavigableSet<String> ids = state.electorate().ids();
    return ids.isEmpty() ? present.size() >= instances : presentOf(ids) >= majority(ids);
  }

  /** Whether there is something to change, and are enough present to do so. */
  private boolean isToChange() {
    Electorate electorate = state.electorate();
    return areEnoughPresent()
        && (electorate.isNone()
            || (pending != null || !wanted(each -> true).equals(electorate.ids())));
  }

  /** Makes the proposal of this instance's open ballot, if there are promises enough. */
  private void propose(long nowNanos) {
    Ballot ballot = state.promised();
    Predicate<State> promises = each -> each.promised().equals(ballot);
    if (state.acceptedIn(ballot) || !agreed(promises)) {
      return;
    }
    Predicate<String> answers =
        each -> {
          State said = states.get(each);
          return said != null
              && said.electorate().equals(state.electorate())
              && promises.test(said)
              && isHeard(each, nowNanos);
        };
    if (state.electorate().isNone() && !present.stream().allMatch(answers)) {
      return; // who has not answered may know of an electorate
    }
    NavigableSet<String> ids;
    if (pending != null) {
      ids = pending.ids();
    } else {
      ids = wanted(answers);
      if (ids.equals(state.electorate().ids()) || ids.size() > State.MAX_IDS) {
        return; // the ballot stays open, for when there is more to be had
      }
    }
    pending = new Proposal(ballot, ids);
    set(state.accepting(pending));
  }

  /** Follows the proposal that enough have agreed to. */
  private void elect() {
    Proposal proposal = pending;
    if (proposal != null && agreed(each -> each.acceptedIn(proposal.ballot()))) {
      follow(state.electorate().next(proposal.ids()));
    }
  }

  /** Whether so many have said this as decide on what follows the electorate. */
  private boolean agreed(Predicate<State> saying) {
    Electorate electorate = state.electorate();
    long count =
        states.values().stream()
            .filter(each -> each.electorate().equals(electorate))
            .filter(each -> decides(each.id()))
            .filter(saying)
            .count();
    return count >= (electorate.isNone() ? instances : majority(electorate.ids()));
  }

  /**
   * Whether it has a part in deciding on what follows the electorate. Before there is one those
   * have that are present: who is gone does not make up for one that is yet to come.
   */
  private boolean decides(String each) {
    return state.electorate().isNone() ? present.contains(each) : state.electorate().includes(each);
  }

  /**
   * Who is to be the next electorate if of those present these answer, more than half of it among
   * them; the electorate itself where nothing is to change, or nothing can.
   */
  private NavigableSet<String> wanted(Predicate<String> answers) {
    NavigableSet<String> now = state.electorate().ids();
    NavigableSet<String> here = new TreeSet<>();
    for (String each : present) {
      if (!leaving.contains(each) && (now.contains(each) || answers.test(each))) {
        here.add(each);
      }
    }
    NavigableSet<String> next = new TreeSet<>(here);
    if (here.size() < instances || now.containsAll(here)) {
      if (now.isEmpty()) {
        return now; // too few for a beginning
      }
      next.addAll(now);
      next.removeAll(leaving);
    }
    if (!mostAnswer(next, answers)) {
      next = here; // those that leave would leave too few; but the lost were not to stay for that
    }
    if (next.isEmpty()) {
      // All leave. Who came last will hardly be the first to be gone.
      present.reversed().stream().filter(now::contains).findFirst().ifPresent(next::add);
    }
    return mostAnswer(next, answers) ? next : now;
  }

  private boolean mostAnswer(Collection<String> ids, Predicate<String> answers) {
    return present.stream().filter(ids::contains).filter(answers).count() >= majority(ids);
  }

  /** Until when more than half of these have replied. */
  private Hold holdOf(Collection<String> ids) {
    int missing = majority(ids);
    List<Long> sent = new ArrayList<>();
    for (String each : present) {
      Long last = replied.get(each);
      if (!ids.contains(each)) {
        continue;
      }
      if (each.equals(id)) {
        missing--;
      } else if (last != null) {
        sent.add(last);
      }
    }
    if (missing == 0) {
      return Hold.ALWAYS;
    }
    if (sent.size() < missing) {
      return Hold.NEVER;
    }
    sent.sort((a, b) -> Long.signum(b - a)); // the last first, and the count may go round
    return new Hold(true, false, sent.get(missing - 1) + leaseNanos);
  }

  private int presentOf(Collection<String> ids) {
    return (int) present.stream().filter(ids::contains).count();
  }

  private int heardOf(Collection<String> ids, long nowNanos) {
    return (int)
        present.stream().filter(ids::contains).filter(each -> isHeard(each, nowNanos)).count();
  }

  private boolean isHeard(String each, long nowNanos) {
    Long last = replied.get(each);
    return each.equals(id) || (last != null && nowNanos - last < leaseNanos);
  }

  private boolean isOfInterest(String each) {
    return present.contains(each)
        || each.equals(id)
        || state.electorate().includes(each)
        || (pending != null && pending.ids().contains(each));
  }

  private static int majority(Collection<String> ids) {
    return ids.size() / 2 + 1;
  }
}
