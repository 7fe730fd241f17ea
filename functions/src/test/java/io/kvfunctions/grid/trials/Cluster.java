package io.kvfunctions.grid.trials;

import io.kvfunctions.http.Await;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Instances that share their entries, and places for more. One that is started takes the place that
 * has been empty for longest, as a pod gets an address that no pod had just now.
 */
public final class Cluster implements AutoCloseable {
  /** Far longer than it takes to start, to join, and to be sent one's share. */
  public static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final Duration INTERVAL = Duration.ofMillis(200);

  /** Enough that each instance is almost certainly asked for some of which it is the primary. */
  private static final int PROBES = 30;

  private final Terms terms;
  private final Places where;
  private final Path logs;
  private final String name =
      "trials-"
          + ProcessHandle.current().pid()
          + "-"
          + ThreadLocalRandom.current().nextInt(1 << 20);
  private final Deque<Place> empty = new ArrayDeque<>();
  private final List<Instance> running = new ArrayList<>();
  private final List<Instance> all = new ArrayList<>();
  private int probes;

  /**
   * What the instances are told.
   *
   * @param size how many they are when none is missing
   * @param suspectAfter for how long one may say nothing before the others go on without it
   * @param leaveTimeout how long a stop may take to hand over
   */
  public record Terms(int size, Duration suspectAfter, Duration leaveTimeout) {}

  /**
   * A cluster in which nothing runs yet.
   *
   * @param logs the folder for what instances say
   */
  public Cluster(Terms terms, Places where, Path logs) {
    this.terms = terms;
    this.where = where;
    this.logs = logs;
    empty.addAll(where.places());
  }

  Terms terms() {
    return terms;
  }

  /** The instances that should be there, in the order in which they were started. */
  List<Instance> running() {
    return List.copyOf(running);
  }

  public List<Place> places() {
    return placesOf(running);
  }

  static List<Place> placesOf(Collection<Instance> instances) {
    return instances.stream().map(Instance::place).toList();
  }

  /** Starts one more, and does not wait for it. */
  public Instance start() {
    Instance instance = launch(name);
    running.add(instance);
    return instance;
  }

  /** Starts one that knows where the others are, and means to be of another cluster. */
  Instance startStranger() {
    return launch(name + "-not");
  }

  private Instance launch(String cluster) {
    Place place = empty.removeFirst();
    String members = where.places().stream().map(Place::member).collect(Collectors.joining(","));
    Instance instance =
        Instance.start(
            "%02d-%s".formatted(all.size() + 1, place),
            place,
            logs.resolve(name),
            List.of(
                "--kv.grid.members=" + members,
                "--kv.grid.address=" + place.address(),
                "--kv.grid.port=" + place.gridPort(),
                "--kv.grid.instances=" + terms.size(),
                "--kv.grid.backups=1",
                "--kv.grid.cluster=" + cluster,
                "--kv.grid.suspect-after=" + terms.suspectAfter().toMillis() + "ms",
                "--kv.grid.leave-timeout=" + terms.leaveTimeout().toMillis() + "ms"));
    all.add(instance);
    return instance;
  }

  /** Starts as many as are told to be there, at once. */
  public List<Instance> startAll() {
    return Stream.generate(this::start).limit(terms.size()).toList();
  }

  static void awaitReady(Collection<Instance> instances) {
    instances.forEach(instance -> instance.awaitReady(PATIENCE));
  }

  /** It is gone, and its place is empty. */
  void forget(Instance instance) {
    running.remove(instance);
    empty.addLast(instance.place());
  }

  /**
   * Returns once every instance says that it is ready and what is written through any of them is
   * read through all.
   */
  public void awaitWhole(Duration patience) {
    List<String> last = new ArrayList<>();
    try {
      Await.until(
          "all instances serve the same",
          patience,
          INTERVAL,
          () -> {
            last.clear();
            last.addAll(whatIsMissing());
            return last.isEmpty();
          });
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "; " + last, e);
    }
  }

  /** Why the instances are not one cluster that serves; empty where they are. */
  private List<String> whatIsMissing() {
    List<String> missing = new ArrayList<>();
    for (Instance instance : running) {
      if (!instance.isReady()) {
        missing.add(instance + " is not ready");
      }
    }
    if (!missing.isEmpty()) {
      return missing;
    }
    int probe = ++probes;
    try (Caller caller = new Caller(Duration.ofSeconds(3))) {
      for (int i = 0; i < PROBES && missing.isEmpty(); i++) {
        String path = "/kv/probe/" + i;
        Place writer = running.get(i % running.size()).place();
        Response written = caller.call(writer, "PUT", path, "", "probe " + probe);
        if (written.status() / 100 != 2) {
          missing.add(writer + ": " + Load.said("PUT", written));
          break;
        }
        for (Place reader : places()) {
          Response read = caller.call(reader, "GET", path);
          if (read.status() != 200 || !read.text().equals("probe " + probe)) {
            missing.add(
                "%s: %s of what was written through %s"
                    .formatted(reader, Load.said("GET", read), writer));
          }
        }
      }
    }
    return missing;
  }

  /** What all instances said last that should be running, or ran until a moment ago. */
  String lastWords() {
    return all.stream()
        .skip(Math.max(0, all.size() - 2L * terms.size()))
        .map(instance -> instance.lastWords(15))
        .collect(Collectors.joining("\n\n"));
  }

  /** For who looks into the logs after a failure. */
  void dumpThreads() {
    all.parallelStream().filter(Instance::isAlive).forEach(Instance::dumpThreads);
  }

  /** Ends all, and waits until they are gone. */
  @Override
  public void close() {
    all.parallelStream().forEach(Instance::close);
  }
}
