package io.kvfunctions.grid.trials;

import static io.kvfunctions.grid.trials.Attempt.Outcome.ACKNOWLEDGED;
import static io.kvfunctions.grid.trials.Attempt.Outcome.REFUSED;
import static io.kvfunctions.grid.trials.Attempt.Outcome.UNKNOWN;

import io.kvfunctions.http.Await;
import io.kvfunctions.http.RawAnswer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Clients that write, read, delete and count through whichever instances they know of, and write
 * everything down. Each sends a request once; where that fails it goes on with something else,
 * through another instance.
 */
final class Load implements AutoCloseable {
  /** A client that is not answered for so long goes on; what it asked for may happen still. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** For how long a client keeps away from an instance that could not serve it. */
  private static final Duration AVOIDED = Duration.ofSeconds(1);

  /** The same where it got no answer: else one that is frozen would hold up all of them. */
  private static final Duration AVOIDED_UNANSWERED = Duration.ofSeconds(10);

  private static final Pattern PROBLEM = Pattern.compile("urn:kvfunctions:problem:([a-z-]+)");

  private final Ledger ledger;
  private final Tally tally;
  private final Journal journal;
  private final List<Place> targets = new CopyOnWriteArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private final CountDownLatch failed = new CountDownLatch(1);
  private final long intervalNanos;
  private volatile boolean ending;

  /** Begins at once. */
  Load(
      Ledger ledger,
      Tally tally,
      Journal journal,
      List<Place> targets,
      int clients,
      int requestsPerSecond,
      SplittableRandom random) {
    this.ledger = ledger;
    this.tally = tally;
    this.journal = journal;
    this.targets.addAll(targets);
    intervalNanos = TimeUnit.SECONDS.toNanos(1) * clients / requestsPerSecond;
    for (int i = 0; i < clients; i++) {
      List<Register> own = new ArrayList<>();
      for (int r = i; r < ledger.registers().size(); r += clients) {
        own.add(ledger.registers().get(r));
      }
      threads.add(Thread.ofVirtual().start(new Client(i, own, random.split())));
    }
  }

  /** The clients know of it from now on. */
  void add(Place place) {
    targets.add(place);
  }

  /** The clients connect to it no more. */
  void remove(Place place) {
    targets.remove(place);
  }

  /** Returns once so many more writes are acknowledged by one of these. */
  void awaitAcknowledged(int more, Iterable<Place> by, Duration patience) {
    long from = System.nanoTime();
    Await.until(
        more + " more writes are acknowledged by " + by,
        patience,
        Duration.ofMillis(50),
        () -> {
          check();
          return tally.acknowledged(by, from, System.nanoTime()).size() >= more;
        });
  }

  void awaitAcknowledged(int more, Duration patience) {
    awaitAcknowledged(more, List.copyOf(targets), patience);
  }

  /** Goes on for so long. */
  void goOnFor(Duration time) {
    try {
      if (failed.await(time.toMillis(), TimeUnit.MILLISECONDS)) {
        check();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private void check() {
    if (!failures.isEmpty()) {
      throw new AssertionError("a client failed", failures.getFirst());
    }
  }

  /** Returns once every client has its last answer, or waits for it no longer. */
  void end() {
    close();
    tally.end();
    check();
  }

  @Override
  public void close() {
    ending = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }
  }

  private final class Client implements Runnable {
    private final int number;
    private final List<Register> own;
    private final RandomGenerator random;
    private final Map<Place, Long> avoidedUntil = new HashMap<>();
    private int first;
    private int counted;

    Client(int number, List<Register> own, RandomGenerator random) {
      this.number = number;
      this.own = own;
      this.random = random;
    }

    @Override
    public void run() {
      try (Caller caller = new Caller(PATIENCE)) {
        long due = System.nanoTime() + random.nextLong(intervalNanos);
        while (!ending) {
          long early = due - System.nanoTime();
          if (early > 0) {
            LockSupport.parkNanos(early);
          }
          due = Math.max(due, System.nanoTime() - intervalNanos) + intervalNanos;
          step(caller);
        }
      } catch (Throwable e) {
        failures.add(e);
        failed.countDown();
      }
    }

    /** Every key of its own is written once, then most writes go to few of them. */
    private void step(Caller caller) {
      if (first < own.size()) {
        put(caller, own.get(first++));
        return;
      }
      int hot = Math.max(1, own.size() / 5);
      Register register = own.get(random.nextInt(random.nextInt(5) == 0 ? own.size() : hot));
      int which = random.nextInt(100);
      if (which < 55) {
        put(caller, register);
      } else if (which < 62) {
        delete(caller, register);
      } else if (which < 85) {
        read(caller, register);
      } else {
        count(caller, ledger.counters().get(random.nextInt(ledger.counters().size())));
      }
    }

    private void put(Caller caller, Register register) {
      String value = register.nextValue(random.nextInt(200));
      register.add(
          attempt(caller, register.key(), value, "PUT", "Content-Type: text/plain\r\n", value));
    }

    private void delete(Caller caller, Register register) {
      register.add(attempt(caller, register.key(), null, "DELETE", "", ""));
    }

    private Attempt attempt(
        Caller caller,
        String key,
        @Nullable String value,
        String method,
        String fields,
        String body) {
      Place place = pick();
      long asked = System.nanoTime();
      Reply reply = caller.call(place, method, "/kv/" + key, fields, body);
      long answered = System.nanoTime();
      Attempt.Outcome outcome =
          switch (reply) {
            case Reply.NotSent notSent -> REFUSED;
            case Reply.Unanswered unanswered -> UNKNOWN;
            case Reply.Answered(RawAnswer answer) ->
                switch (answer.status() / 100) {
                  case 2 -> ACKNOWLEDGED;
                  case 4 -> REFUSED;
                  default -> UNKNOWN;
                };
          };
      Attempt attempt =
          new Attempt(key, value, place, asked, answered, outcome, said(method, reply));
      if (failed(reply)) {
        avoid(place, reply);
      }
      tally.add(attempt);
      return attempt;
    }

    private void read(Caller caller, Register register) {
      Place place = pick();
      long asked = System.nanoTime();
      Reply reply = caller.call(place, "GET", "/kv/" + register.key());
      if (failed(reply)) {
        avoid(place, reply);
        tally.addTrouble(said("GET", reply));
        return;
      }
      tally.addRead();
      String value = held(reply);
      switch (register.sight(value)) {
        case RIGHT -> {}
        case LATE -> tally.addLateRead();
        case WRONG -> {
          Attempt last = register.lastAcknowledged();
          tally.add(
              new Tally.WrongRead(
                  place,
                  asked,
                  "read through %s at %s: %s; but %s"
                      .formatted(
                          place,
                          journal.at(asked).strip(),
                          register.origin(value, journal),
                          last == null ? "nothing was written since" : last.describe(journal))));
        }
      }
    }

    private void count(Caller caller, Counter counter) {
      Place place = pick();
      Reply reply = caller.call(place, "GET", "/kv/" + counter.key());
      if (failed(reply)) {
        avoid(place, reply);
        tally.addTrouble(said("GET", reply));
        return;
      }
      String value = held(reply);
      String condition = "If-None-Match: *\r\n";
      if (value != null) {
        counter.saw(value);
        condition =
            "If-Match: %s\r\n"
                .formatted(((Reply.Answered) reply).answer().values("ETag").getFirst());
      }
      String next = Counter.value(Counter.number(value) + 1, number, counted++);
      counter.add(attempt(caller, counter.key(), next, "PUT", condition, next));
    }

    /** Any but those that have just failed; where all have, any. */
    private Place pick() {
      while (targets.isEmpty() && !ending) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
      }
      List<Place> all = List.copyOf(targets);
      long now = System.nanoTime();
      List<Place> good =
          all.stream().filter(place -> avoidedUntil.getOrDefault(place, now) - now <= 0).toList();
      List<Place> choice = good.isEmpty() ? all : good;
      return choice.get(random.nextInt(choice.size()));
    }

    private void avoid(Place place, Reply reply) {
      Duration time = reply instanceof Reply.Unanswered ? AVOIDED_UNANSWERED : AVOIDED;
      avoidedUntil.put(place, System.nanoTime() + time.toNanos());
    }
  }

  private static boolean failed(Reply reply) {
    return reply.status() == 0 || reply.status() >= 500;
  }

  /** What an answered GET says is there, null for nothing. */
  static @Nullable String held(Reply reply) {
    RawAnswer answer = ((Reply.Answered) reply).answer();
    return switch (answer.status()) {
      case 200 -> answer.text();
      case 404 -> null;
      default -> throw new AssertionError("GET was answered with " + answer);
    };
  }

  /** In few words, so that the same can be counted. */
  static String said(String method, Reply reply) {
    return method
        + " "
        + switch (reply) {
          case Reply.NotSent(String why) -> "not sent: " + why;
          case Reply.Unanswered(String why) -> why;
          case Reply.Answered(RawAnswer answer) -> {
            Matcher problem = PROBLEM.matcher(answer.text());
            yield answer.status() + (problem.find() ? " " + problem.group(1) : "");
          }
        };
  }
}
