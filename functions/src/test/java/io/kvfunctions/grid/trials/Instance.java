package io.kvfunctions.grid.trials;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kvfunctions.Application;
import io.kvfunctions.http.Await;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The application in a JVM of its own, in some place, and what can be done to it. */
public final class Instance implements AutoCloseable {
  private static final int SIGKILLED = 128 + 9;

  private static final Duration KILL_PATIENCE = Duration.ofSeconds(30);
  private static final Duration DUMP_PATIENCE = Duration.ofSeconds(3);

  private final String name;
  private final Place place;
  private final Process process;
  private final Path log;
  private final CompletableFuture<Long> endedNanos;
  private long toldToStopNanos;

  private Instance(String name, Place place, Process process, Path log) {
    Thread ifThisJvmEnds = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(ifThisJvmEnds);
    endedNanos =
        process
            .onExit()
            .thenApply(
                ended -> {
                  forget(ifThisJvmEnds);
                  return System.nanoTime();
                });
    this.name = name;
    this.place = place;
    this.process = process;
    this.log = log;
  }

  /** How it ended. */
  record Exit(int status, Duration after) {}

  /**
   * Starts one, and does not wait for it.
   *
   * @param logs the folder in which it writes its log, under its name
   * @param settings as {@code --name=value}
   */
  static Instance start(String name, Place place, Path logs, List<String> settings) {
    List<String> command = new ArrayList<>(place.within());
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flagsOfThisJvm());
    command.addAll(
        List.of(
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:+ExitOnOutOfMemoryError",
            "-cp",
            classPath(),
            Application.class.getName(),
            "--server.port=" + place.port(),
            "--management.server.port=" + place.managementPort()));
    command.addAll(settings);
    Path log = logs.resolve(name + ".log");
    try {
      Files.createDirectories(logs);
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      return new Instance(name, place, process, log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // It is running.
    }
  }

  /** What the build says the application is to be started with. */
  private static List<String> flagsOfThisJvm() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> flag.startsWith("--") || flag.equals("-XX:+UseCompactObjectHeaders"))
        .toList();
  }

  /** Without Kotlin, which only a test's tool needs and Spring would remark on. */
  private static String classPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(entry -> !new File(entry).getName().startsWith("kotlin-"))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  public Place place() {
    return place;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Whether it says that it is ready. */
  boolean isReady() {
    try (Caller caller = new Caller(Duration.ofSeconds(5))) {
      return caller.call(place, "GET", "/readyz").status() == 200;
    }
  }

  /** Returns once it says that it is ready. */
  void awaitReady(Duration patience) {
    Await.until(
        name + " is ready",
        patience,
        Duration.ofMillis(100),
        () -> {
          if (!isAlive()) {
            throw new AssertionError("%s ended with %d".formatted(name, process.exitValue()));
          }
          return isReady();
        });
  }

  /** Ends it without its doing anything (SIGKILL), and returns once it is gone. */
  void kill() {
    process.destroyForcibly();
    if (awaitExit(KILL_PATIENCE).status() != SIGKILLED) {
      throw new AssertionError(name + " had ended before it was killed");
    }
  }

  /** Holds it where it is (SIGSTOP): it answers nothing, and its connections stay. */
  void freeze() {
    signal("STOP");
  }

  /** Lets it go on (SIGCONT). */
  void thaw() {
    signal("CONT");
  }

  /** Asks it to stop (SIGTERM), as Kubernetes does, and does not wait. */
  void terminate() {
    toldToStopNanos = System.nanoTime();
    signal("TERM");
  }

  /** Has it write into its log what each thread is doing, and waits for that for a moment. */
  void dumpThreads() {
    signal("QUIT");
    try {
      Await.until(
          name + " says what its threads do",
          DUMP_PATIENCE,
          Duration.ofMillis(100),
          () -> lastWords(Integer.MAX_VALUE).contains("Full thread dump"));
    } catch (AssertionError e) {
      // It is frozen, or it has ended meanwhile.
    }
  }

  private void signal(String signal) {
    try {
      Command.run("kill", "-" + signal, Long.toString(process.pid()));
    } catch (Command.Failed e) {
      throw new AssertionError(name + " cannot be sent SIG" + signal, e);
    }
  }

  /** Waits for its end. */
  Exit awaitExit(Duration patience) {
    try {
      if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError(
            "%s is still there after %d s".formatted(name, patience.toSeconds()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
    return new Exit(process.exitValue(), Duration.ofNanos(endedNanos.join() - toldToStopNanos));
  }

  /** The end of its log. */
  String lastWords(int lines) {
    try {
      List<String> all = Files.readAllLines(log, UTF_8);
      return log
          + ":\n"
          + String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
    } catch (IOException e) {
      return log + ": " + e;
    }
  }

  /** Ends it, if it has not ended, and waits until it is gone. */
  @Override
  public void close() {
    process.destroyForcibly();
    awaitExit(KILL_PATIENCE);
  }

  @Override
  public String toString() {
    return name;
  }
}
