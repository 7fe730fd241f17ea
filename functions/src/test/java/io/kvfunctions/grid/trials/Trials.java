package io.kvfunctions.grid.trials;

import io.kvfunctions.http.Await;
import io.kvfunctions.http.RawAnswer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The trials: each does something to a cluster under load, waits until the cluster is whole again,
 * and gives an account of every write. One after the other they use the same cluster; after one
 * that failed, the next has a new one.
 */
final class Trials implements AutoCloseable {
  /** How much later than told an instance may notice that another is out of reach. */
  private static final Duration MARGIN = Duration.ofSeconds(5);

  private static final Duration FROZEN = Duration.ofSeconds(15);

  /** How long one that must not become ready is watched. */
  private static final Duration WATCHED = Duration.ofSeconds(10);

  /** Beyond the time to hand over: to answer what is in flight, and to end the JVM. */
  private static final Duration STOP_MARGIN = Duration.ofSeconds(30);

  private static final int REGISTERS = 2_400;
  private static final int COUNTERS = 12;
  private static final int CLIENTS = 24;

  /** Writes that must go well before, between and after what is done to the cluster. */
  private static final int SOME = 500;

  private final Cluster.Terms terms;
  private final Places where;
  private final @Nullable Network network;
  private final Path logs;
  private final int requestsPerSecond;
  private final SplittableRandom random;
  private @Nullable Cluster cluster;
  private Ledger ledger = new Ledger(REGISTERS, COUNTERS);

  /**
   * No instance runs yet.
   *
   * @param where with places for twice the size of a cluster and one more
   */
  Trials(Cluster.Terms terms, Places where, Path logs, int requestsPerSecond, long seed) {
    this.terms = terms;
    this.where = where;
    this.network = where instanceof Network cuttable ? cuttable : null;
    this.logs = logs;
    this.requestsPerSecond = requestsPerSecond;
    this.random = new SplittableRandom(seed);
  }

  // ---- instances that crash or freeze

  /** One is killed, and some time later there is another one in its stead. */
  Report kill() {
    return trial("kill", this::kill);
  }

  private void kill(Course course) {
    course.load.awaitAcknowledged(SOME, Cluster.PATIENCE);
    Instance victim = any(course.cluster.running());
    course.kill(victim);
    course.load.awaitAcknowledged(SOME, Cluster.PATIENCE);
    course.replace(1);
    course.load.awaitAcknowledged(SOME, Cluster.PATIENCE);
  }

  /** One says nothing for longer than the others wait, and then goes on as if nothing had been. */
  Report freeze() {
    return trial("freeze", this::freeze);
  }

  private void freeze(Course course) {
    course.load.awaitAcknowledged(SOME, Cluster.PATIENCE);
    Instance victim = any(course.cluster.running());
    List<Place> others = without(course.cluster.running(), victim);
    course.say("freeze " + victim);
    long frozen = System.nanoTime();
    victim.freeze();
    try {
      course.load.goOnFor(FROZEN);
      course.load.awaitAcknowledged(SOME, others, terms.suspectAfter().plus(MARGIN));
    } finally {
      course.say("thaw " + victim);
      victim.thaw();
    }
    // It goes on where it was, and takes a moment to hear that it was given up.
    course.excuse(
        List.of(victim.place()), frozen, System.nanoTime() + terms.suspectAfter().toNanos());
    course.awaitWhole();
    course.load.awaitAcknowledged(SOME, Cluster.PATIENCE);
  }

  // ---- rollouts

  /** As many new ones as there are old ones; when they are ready, all old ones stop at once. */
  Report rollout() {
    return trial("rollout", this::rollout);
  }

  private void rollout(Course course) {
    List<Instance> old = course.beginRollout();
    course.endRollout(old, List.of());
  }

  /** The same, and one of the old ones is killed while they hand over. */
  Report rolloutWithAnOldOneKilled() {
    return trial(
        "rollout, old killed",
        course -> {
          List<Instance> old = course.beginRollout();
          course.terminate(old);
          Instance victim = any(old);
          course.load.goOnFor(upTo(Duration.ofMillis(1500)));
          course.kill(victim);
          course.awaitStopped(old, List.of(victim));
        });
  }

  /** The same, and one of the new ones is killed while the old ones hand over. */
  Report rolloutWithANewOneKilled() {
    return trial(
        "rollout, new killed",
        course -> {
          List<Instance> old = course.beginRollout();
          course.terminate(old);
          Instance victim = any(course.without(old));
          course.load.goOnFor(upTo(Duration.ofMillis(1500)));
          course.kill(victim);
          course.awaitStopped(old, List.of());
          course.replace(1);
        });
  }

  /** One of the new ones is killed while it joins; another one comes in its stead. */
  Report rolloutWithAJoiningOneKilled() {
    return trial(
        "rollout, joining killed",
        course -> {
          course.load.awaitAcknowledged(SOME, Cluster.PATIENCE);
          List<Instance> old = course.cluster.running();
          List<Instance> added = course.start(terms.size());
          course.load.goOnFor(upTo(Duration.ofSeconds(10)));
          course.kill(any(added));
          course.replace(1);
          List<Instance> rest = course.without(old);
          course.awaitReady(rest);
          course.endRollout(old, List.of());
        });
  }

  // ---- cuts

  /** One is cut off from the others, and is let back in. */
  Report cut() {
    return trial(
        "cut off one",
        course -> {
          course.load.awaitAcknowledged(SOME, Cluster.PATIENCE);
          Instance alone = any(course.cluster.running());
          course.cut(List.of(alone.place()), without(course.cluster.running(), alone), true);
          course.load.awaitAcknowledged(SOME, Cluster.PATIENCE);
        });
  }

  /** What one sends does not reach another; all else arrives. */
  Report cutOneWay() {
    return trial(
        "cut one way",
        course -> {
          course.load.awaitAcknowledged(SOME, Cluster.PATIENCE);
          List<Instance> shuffled = shuffled(course.cluster.running());
          List<Place> from = List.of(shuffled.get(0).place());
          List<Place> to = List.of(shuffled.get(1).place());
          long cut = System.nanoTime();
          course.say("cut from %s to %s, one way".formatted(from, to));
          cuttable().cutOneWay(from, to);
          course.load.goOnFor(terms.suspectAfter().plus(MARGIN));
          // Which of them goes on is not said, but some must.
          course.load.awaitAcknowledged(SOME, Cluster.PATIENCE);
          course.excuse(course.cluster.places(), cut, System.nanoTime());
          course.heal();
          course.load.awaitAcknowledged(SOME, Cluster.PATIENCE);
        });
  }

  /** In a rollout, when all are there, one is cut off from the others. */
  Report rolloutWithOneCutOff() {
    return trial(
        "rollout, cut off one",
        course -> {
          List<Instance> old = course.beginRollout();
          Instance alone = any(course.cluster.running());
          course.cut(List.of(alone.place()), without(course.cluster.running(), alone), true);
          course.endRollout(old, List.of());
        });
  }

  /** In a rollout, when all are there, one half is cut off from the other: neither may go on. */
  Report rolloutCutInHalves() {
    return trial(
        "rollout, cut in halves",
        course -> {
          List<Instance> old = course.beginRollout();
          List<Instance> shuffled =
              random.nextBoolean() ? shuffled(course.cluster.running()) : course.cluster.running();
          List<Place> half = Cluster.placesOf(shuffled.subList(0, terms.size()));
          List<Place> other = Cluster.placesOf(shuffled.subList(terms.size(), 2 * terms.size()));
          course.cut(half, other, false);
          course.endRollout(old, List.of());
        });
  }

  // ---- starts and stops

  /** All start at the same moment, with nothing there. */
  Report coldStart() {
    abandon();
    return trial("cold start", course -> course.load.awaitAcknowledged(SOME, Cluster.PATIENCE));
  }

  /** One never comes: those who wait for it are not ready, and say so. Then it does come. */
  Report oneNeverComes() {
    abandon();
    Journal journal = new Journal();
    Cluster fresh = new Cluster(terms, where, logs);
    try {
      List<Instance> early = Stream.generate(fresh::start).limit(terms.size() - 1L).toList();
      journal.say("started " + early);
      List<String> faults = new ArrayList<>();
      early.forEach(Trials::awaitListening);
      journal.say("all listen");
      watch(
          WATCHED,
          () -> {
            for (Instance instance : early) {
              if (instance.isReady()) {
                faults.add(instance + " was ready");
              }
              faults.addAll(refusals(instance.place(), 1));
            }
            return faults.isEmpty();
          });
      fresh.start();
      journal.say("started the one that was missing");
      Cluster.awaitReady(fresh.running());
      journal.say("all ready");
      fresh.awaitWhole(Cluster.PATIENCE);
      take(fresh);
      return new Report("one never comes", new Tally(), List.of(), faults, 0, List.of(), journal);
    } catch (AssertionError e) {
      throw failed("one never comes", journal, fresh, e);
    }
  }

  /** One with the name of another cluster finds the others, and is not let in. */
  Report stranger() {
    return trial(
        "stranger",
        course -> {
          course.load.awaitAcknowledged(SOME, Cluster.PATIENCE);
          Instance stranger = course.cluster.startStranger();
          course.say("started the stranger " + stranger);
          try (stranger) {
            watch(
                WATCHED.plus(WATCHED),
                () -> {
                  if (stranger.isAlive() && stranger.isReady()) {
                    course.faults.add("the stranger was ready");
                  }
                  for (Instance instance : course.cluster.running()) {
                    if (!instance.isReady()) {
                      course.faults.add(instance + " was not ready any more");
                    }
                  }
                  return course.faults.isEmpty();
                });
            course.load.awaitAcknowledged(SOME, Cluster.PATIENCE);
          }
          course.say("killed the stranger");
          course.cluster.forget(stranger);
        });
  }

  /** All are asked to stop at the same moment, under load. */
  Report stopAll() {
    Cluster whole = whole();
    Journal journal = new Journal();
    Tally tally = new Tally();
    List<String> faults = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    Load load = load(whole, tally, journal);
    try (load) {
      load.awaitAcknowledged(SOME, Cluster.PATIENCE);
      List<Instance> all = whole.running();
      journal.say("terminate " + all);
      all.parallelStream().forEach(Instance::terminate);
      awaitExits(all, journal, faults, notes);
    } catch (AssertionError e) {
      throw failed("stop all", journal, whole, e);
    }
    abandon();
    return new Report("stop all", tally, List.of(), faults, 0, notes, journal);
  }

  // ---- what a trial is made of

  /** A trial under way. */
  private final class Course {
    private final Cluster cluster;
    private final Load load;
    private final Tally tally;
    private final Journal journal;
    private final List<String> faults = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /** Reads that may have been answered by who could not know yet that the others had gone on. */
    private Predicate<Tally.WrongRead> excused = read -> false;

    Course(Cluster cluster, Load load, Tally tally, Journal journal) {
      this.cluster = cluster;
      this.load = load;
      this.tally = tally;
      this.journal = journal;
    }

    void say(String what) {
      journal.say(what);
    }

    void kill(Instance victim) {
      say("kill " + victim);
      victim.kill();
      load.remove(victim.place());
      cluster.forget(victim);
    }

    List<Instance> start(int count) {
      List<Instance> started = Stream.generate(cluster::start).limit(count).toList();
      say("started " + started);
      return started;
    }

    void replace(int count) {
      awaitReady(start(count));
    }

    void awaitReady(List<Instance> started) {
      Cluster.awaitReady(started);
      say("ready: " + started);
      Cluster.placesOf(started).forEach(load::add);
    }

    List<Instance> without(Collection<Instance> others) {
      return cluster.running().stream().filter(instance -> !others.contains(instance)).toList();
    }

    /** The old ones, now that as many new ones are ready. */
    List<Instance> beginRollout() {
      load.awaitAcknowledged(SOME, Cluster.PATIENCE);
      List<Instance> old = cluster.running();
      replace(terms.size());
      return old;
    }

    void endRollout(List<Instance> old, List<Instance> killed) {
      terminate(old);
      awaitStopped(old, killed);
    }

    void terminate(List<Instance> old) {
      say("terminate " + old);
      old.parallelStream().forEach(Instance::terminate);
    }

    /** Clients know of those that stop until they are gone. */
    void awaitStopped(List<Instance> old, List<Instance> killed) {
      List<Instance> stopped = old.stream().filter(instance -> !killed.contains(instance)).toList();
      awaitExits(stopped, journal, faults, notes);
      for (Instance instance : stopped) {
        load.remove(instance.place());
        cluster.forget(instance);
      }
      load.awaitAcknowledged(SOME, Cluster.PATIENCE);
    }

    /** Cuts them off from each other, sees who goes on, and heals. */
    void cut(List<Place> these, List<Place> those, boolean thoseGoOn) {
      long cut = System.nanoTime();
      say("cut %s off from %s".formatted(these, those));
      cuttable().cut(these, those);
      load.goOnFor(terms.suspectAfter().plus(MARGIN));
      long noticed = System.nanoTime();
      say("noticed by now");
      List<Place> refusing = new ArrayList<>(these);
      if (!thoseGoOn) {
        refusing.addAll(those);
      }
      refusing.forEach(place -> faults.addAll(refusals(place, 20)));
      say("asked those who must refuse");
      if (thoseGoOn) {
        load.awaitAcknowledged(SOME, those, Cluster.PATIENCE);
      }
      long asked = System.nanoTime();
      tally.acknowledged(refusing, noticed, asked).stream()
          .map(attempt -> "acknowledged by who was cut off: " + attempt.describe(journal))
          .forEach(faults::add);
      tally.acknowledged(refusing, cut, asked).stream()
          .mapToLong(Attempt::answeredNanos)
          .max()
          .ifPresent(
              last ->
                  notes.add(
                      String.format(
                          Locale.ROOT, "still acknowledged for %.1f s", (last - cut) / 1e9)));
      excuse(refusing, cut, noticed);
      heal();
    }

    /** Those asked of one of these between these points in time. */
    void excuse(List<Place> through, long fromNanos, long toNanos) {
      excused =
          excused.or(
              read ->
                  through.contains(read.through())
                      && read.askedNanos() - fromNanos >= 0
                      && read.askedNanos() - toNanos <= 0);
    }

    void heal() {
      say("heal");
      long healed = System.nanoTime();
      cuttable().heal();
      awaitWhole();
      notes.add(
          String.format(Locale.ROOT, "whole after %.1f s", (System.nanoTime() - healed) / 1e9));
    }

    void awaitWhole() {
      cluster.awaitWhole(Cluster.PATIENCE);
      say("whole");
    }
  }

  private Report trial(String name, Consumer<Course> course) {
    Cluster whole = whole();
    Journal journal = new Journal();
    Tally tally = new Tally();
    Load load = load(whole, tally, journal);
    try (load) {
      Course running = new Course(whole, load, tally, journal);
      course.accept(running);
      load.end();
      journal.say("the load has ended");
      running.awaitWhole();
      Verdict verdict = Verdict.of(ledger, whole.places(), journal);
      journal.say("all read");
      running.faults.addAll(verdict.faults());
      tally.wrongReads().stream()
          .filter(running.excused.negate())
          .forEach(read -> running.faults.add(read.what()));
      Report report =
          new Report(
              name, tally, verdict.lost(), running.faults, verdict.late(), running.notes, journal);
      if (!report.isGood()) {
        abandon();
      }
      return report;
    } catch (AssertionError e) {
      throw failed(name, journal, whole, e);
    }
  }

  private AssertionError failed(String name, Journal journal, Cluster of, AssertionError e) {
    String lastWords = of.lastWords();
    of.dumpThreads();
    if (network != null) {
      network.heal();
    }
    of.close();
    abandon();
    return new AssertionError(
        "%s: %s%n%s%n%s".formatted(name, e.getMessage(), journal, lastWords), e);
  }

  private Load load(Cluster on, Tally tally, Journal journal) {
    return new Load(
        ledger, tally, journal, on.places(), CLIENTS, requestsPerSecond, random.split());
  }

  /** The cluster that is there, or a new one. */
  private Cluster whole() {
    if (cluster == null) {
      Cluster fresh = new Cluster(terms, where, logs);
      try {
        Cluster.awaitReady(fresh.startAll());
        fresh.awaitWhole(Cluster.PATIENCE);
      } catch (AssertionError e) {
        throw failed("start", new Journal(), fresh, e);
      }
      take(fresh);
      return fresh;
    }
    return cluster;
  }

  private void take(Cluster fresh) {
    cluster = fresh;
    ledger = new Ledger(REGISTERS, COUNTERS);
  }

  /** The next trial has a new cluster. */
  private void abandon() {
    if (cluster != null) {
      cluster.close();
      cluster = null;
    }
  }

  /** Waits for those that were asked to stop, each of which must end in time and with 0. */
  private void awaitExits(
      List<Instance> stopped, Journal journal, List<String> faults, List<String> notes) {
    Duration slowest = Duration.ZERO;
    for (Instance instance : stopped) {
      Instance.Exit exit = instance.awaitExit(terms.leaveTimeout().plus(STOP_MARGIN));
      journal.say(
          "%s ended with %d, %d ms after it was asked to"
              .formatted(instance, exit.status(), exit.after().toMillis()));
      if (exit.status() != 0) {
        faults.add("%s ended with %d".formatted(instance, exit.status()));
      }
      slowest = exit.after().compareTo(slowest) > 0 ? exit.after() : slowest;
    }
    notes.add(String.format(Locale.ROOT, "stopped in %.1f s", slowest.toMillis() / 1e3));
  }

  private Network cuttable() {
    if (network == null) {
      throw new IllegalStateException("nobody can be cut off here");
    }
    return network;
  }

  private static void awaitListening(Instance instance) {
    Await.until(
        instance + " listens",
        Cluster.PATIENCE,
        Duration.ofMillis(100),
        () -> {
          try (Caller caller = new Caller(Duration.ofSeconds(5))) {
            return caller.call(instance.place(), "GET", "/livez").status() != 0;
          }
        });
  }

  /** What is wrong with how reads and writes are refused: every answer but 503 with its reason. */
  private static List<String> refusals(Place place, int rounds) {
    List<String> faults = new ArrayList<>();
    try (Caller caller = new Caller(Duration.ofSeconds(10))) {
      for (int i = 0; i < rounds; i++) {
        for (String method : List.of("GET", "PUT", "DELETE")) {
          String path = (method.equals("GET") ? "/kv/register/" : "/kv/refused/") + i;
          Response reply = caller.call(place, method, path);
          if (!(reply instanceof Response.Answered(RawAnswer answer))
              || answer.status() != 503
              || answer.values("Retry-After").isEmpty()
              || !answer.values("Content-Type").equals(List.of("application/problem+json"))
              || !answer.text().contains("\"urn:kvfunctions:problem:unavailable\"")) {
            faults.add("not refused by " + place + ": " + Load.said(method, reply) + " " + path);
          }
        }
      }
    }
    return faults;
  }

  private static void watch(Duration time, BooleanSupplier holds) {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - end < 0 && holds.getAsBoolean()) {
      LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
    }
  }

  private <T> T any(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private <T> List<T> shuffled(List<T> of) {
    List<T> shuffled = new ArrayList<>(of);
    Collections.shuffle(shuffled, new Random(random.nextLong()));
    return shuffled;
  }

  private Duration upTo(Duration most) {
    return Duration.ofMillis(random.nextLong(most.toMillis()));
  }

  private static List<Place> without(List<Instance> instances, Instance one) {
    return instances.stream().filter(i -> i != one).map(Instance::place).toList();
  }

  @Override
  public void close() {
    abandon();
  }
}
