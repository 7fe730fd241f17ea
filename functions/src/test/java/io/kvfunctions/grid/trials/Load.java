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
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/**
 * Clients that write, one key or several at once, deliver events, read, list, delete and count
 * through whichever instances they know of, and write everything down. Each sends a request once,
 * but for events, which are delivered again; where that fails it goes on with something else,
 * through another instance.
 */
final class Load implements AutoCloseable {
  /** A client that is not answered for so long goes on; what it asked for may happen still. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** For how long a client keeps away from an instance that could not serve it. */
  private static final Duration AVOIDED = Duration.ofSeconds(1);

  /** The same where it got no answer: else one that is frozen would hold up all of them. */
  private static final Duration AVOIDED_UNANSWERED = Duration.ofSeconds(10);

  /** How many registers are written by one request that writes several. */
  private static final int SEVERAL = 8;

  private static final JsonMapper JSON = new JsonMapper();

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

  /** Sets events apart from those of other loads. */
  private final String run = UUID.randomUUID().toString();

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
    private int delivered;

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
      if (which < 40) {
        put(caller, register);
      } else if (which < 45) {
        delete(caller, register);
      } else if (which < 55) {
        deliver(caller, register);
      } else if (which < 62) {
        putSeveral(caller, hot);
      } else if (which < 80) {
        read(caller, register);
      } else if (which < 85) {
        list(caller, register);
      } else {
        count(caller, ledger.counters().get(random.nextInt(ledger.counters().size())));
      }
    }

    private void put(Caller caller, Register register) {
      String value = register.nextValue(random.nextInt(200));
      add(
          register,
          attempt(caller, register.key(), value, "PUT", "Content-Type: text/plain\r\n", value));
    }

    private void delete(Caller caller, Register register) {
      add(register, attempt(caller, register.key(), null, "DELETE", "", ""));
    }

    private Attempt attempt(
        Caller caller,
        String key,
        @Nullable String value,
        String method,
        String fields,
        String body) {
      return attempt(caller, key, value, method, "/kv/" + key, fields, body);
    }

    private Attempt attempt(
        Caller caller,
        String key,
        @Nullable String value,
        String method,
        String path,
        String fields,
        String body) {
      Place place = pick();
      long asked = System.nanoTime();
      Response reply = caller.call(place, method, path, fields, body);
      Attempt attempt =
          new Attempt(
              key, value, place, asked, System.nanoTime(), outcome(reply), said(method, reply));
      if (failed(reply)) {
        avoid(place, reply);
      }
      return attempt;
    }

    private void add(Register register, Attempt attempt) {
      tally.add(attempt);
      register.add(attempt);
    }

    /**
     * An event asks for a put or a delete. It is delivered again, to another, where the first time
     * it was not acknowledged, and sometimes where it was.
     */
    private void deliver(Caller caller, Register register) {
      String value = random.nextInt(5) == 0 ? null : register.nextValue(random.nextInt(200));
      String path = value == null ? "/delete" : "/put";
      String fields =
          """
          ce-specversion: 1.0\r
          ce-id: %d/%d\r
          ce-source: /load/%s\r
          ce-type: com.example.load\r
          ce-key: %s\r
          Content-Type: text/plain\r
          """
              .formatted(number, ++delivered, run, register.key());
      String body = value == null ? "" : value;
      Attempt first = attempt(caller, register.key(), value, "POST", path, fields, body);
      if (first.outcome() == ACKNOWLEDGED && random.nextInt(4) > 0) {
        add(register, first);
        return;
      }
      Attempt again = attempt(caller, register.key(), value, "POST", path, fields, body);
      // One write it is, as sure as whichever answer is surer.
      add(
          register,
          Stream.of(first, again).anyMatch(each -> each.outcome() == ACKNOWLEDGED)
              ? (first.outcome() == ACKNOWLEDGED ? first : again)
              : (first.outcome() == UNKNOWN ? first : again));
    }

    /** Several at once, one of them twice, with an outcome for each. */
    private void putSeveral(Caller caller, int hot) {
      List<Register> registers = new ArrayList<>();
      int from = random.nextInt(hot);
      for (int i = 0; i < Math.min(SEVERAL, hot); i++) {
        registers.add(own.get((from + i) % hot));
      }
      registers.add(registers.getFirst());
      List<String> values = new ArrayList<>();
      ArrayNode batch = JSON.createArrayNode();
      for (Register register : registers) {
        String value = register.nextValue(random.nextInt(200));
        values.add(value);
        batch.addObject().put("key", register.key()).put("value", value);
      }
      Place place = pick();
      long asked = System.nanoTime();
      Response reply =
          caller.call(
              place, "POST", "/put", "Content-Type: application/json\r\n", batch.toString());
      long answered = System.nanoTime();
      if (failed(reply)) {
        avoid(place, reply);
      }
      JsonNode outcomes = reply.status() == 200 ? JSON.readTree(reply.text()) : null;
      for (int i = 0; i < registers.size(); i++) {
        Attempt.Outcome outcome = outcomes == null ? outcome(reply) : outcome(outcomes.get(i));
        String said = "POST of several " + (outcomes == null ? said("", reply) : outcome);
        add(
            registers.get(i),
            new Attempt(
                registers.get(i).key(), values.get(i), place, asked, answered, outcome, said));
      }
    }

    /** The first that begins with a key is the key itself, or it is not there. */
    private void list(Caller caller, Register register) {
      Place place = pick();
      long asked = System.nanoTime();
      Response reply = caller.call(place, "GET", "/kv?limit=3&prefix=" + register.key());
      if (failed(reply)) {
        avoid(place, reply);
        tally.addTrouble(said("GET of several", reply));
        return;
      }
      tally.addRead();
      JsonNode first = JSON.readTree(reply.text()).get("entries").get(0);
      boolean there = first != null && first.get("key").asString().equals(register.key());
      saw(
          register,
          register.sightOf(there),
          place,
          asked,
          () -> there ? "it was listed" : "it was not listed");
    }

    private void read(Caller caller, Register register) {
      Place place = pick();
      long asked = System.nanoTime();
      Response reply = caller.call(place, "GET", "/kv/" + register.key());
      if (failed(reply)) {
        avoid(place, reply);
        tally.addTrouble(said("GET", reply));
        return;
      }
      tally.addRead();
      String value = held(reply);
      saw(register, register.sight(value), place, asked, () -> register.origin(value, journal));
    }

    private void saw(
        Register register, Register.Sight sight, Place place, long asked, Supplier<String> what) {
      switch (sight) {
        case RIGHT -> {}
        case LATE -> tally.addLateRead();
        case WRONG -> {
          Attempt last = register.lastAcknowledged();
          tally.add(
              new Tally.WrongRead(
                  place,
                  asked,
                  "read of %s through %s at %s: %s; but %s"
                      .formatted(
                          register.key(),
                          place,
                          journal.at(asked).strip(),
                          what.get(),
                          last == null ? "nothing was written since" : last.describe(journal))));
        }
      }
    }

    private void count(Caller caller, Counter counter) {
      Place place = pick();
      Response reply = caller.call(place, "GET", "/kv/" + counter.key());
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
                .formatted(((Response.Answered) reply).answer().values("ETag").getFirst());
      }
      String next = Counter.value(Counter.number(value) + 1, number, counted++);
      Attempt attempt = attempt(caller, counter.key(), next, "PUT", condition, next);
      tally.add(attempt);
      counter.add(attempt);
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

    private void avoid(Place place, Response reply) {
      Duration time = reply instanceof Response.Unanswered ? AVOIDED_UNANSWERED : AVOIDED;
      avoidedUntil.put(place, System.nanoTime() + time.toNanos());
    }
  }

  /** What its client knows of a write after this reply. */
  private static Attempt.Outcome outcome(Response reply) {
    return switch (reply) {
      case Response.NotSent notSent -> REFUSED;
      case Response.Unanswered unanswered -> UNKNOWN;
      case Response.Answered(RawAnswer answer) ->
          switch (answer.status() / 100) {
            case 2 -> ACKNOWLEDGED;
            case 4 -> REFUSED;
            default -> isRefusal(answer.status(), answer.text()) ? REFUSED : UNKNOWN;
          };
    };
  }

  /** The same of one of several. */
  private static Attempt.Outcome outcome(JsonNode element) {
    return element.has("etag")
        ? ACKNOWLEDGED
        : isRefusal(element.get("status").asInt(), element.toString()) ? REFUSED : UNKNOWN;
  }

  /** Not available, and nothing was done: or the problem would say that it may have been. */
  private static boolean isRefusal(int status, String problem) {
    return status == 503
        && problem.contains("\"urn:kvfunctions:problem:unavailable\"")
        && !problem.contains("\"maybeDone\":true");
  }

  private static boolean failed(Response reply) {
    return reply.status() == 0 || reply.status() >= 500;
  }

  /** What an answered GET says is there, null for nothing. */
  static @Nullable String held(Response reply) {
    RawAnswer answer = ((Response.Answered) reply).answer();
    return switch (answer.status()) {
      case 200 -> answer.text();
      case 404 -> null;
      default -> throw new AssertionError("GET was answered with " + answer);
    };
  }

  /** In few words, so that the same can be counted. */
  static String said(String method, Response reply) {
    return method
        + " "
        + switch (reply) {
          case Response.NotSent(String why) -> "not sent: " + why;
          case Response.Unanswered(String why) -> why;
          case Response.Answered(RawAnswer answer) -> {
            Matcher problem = PROBLEM.matcher(answer.text());
            yield answer.status() + (problem.find() ? " " + problem.group(1) : "");
          }
        };
  }
}
