package io.kvfunctions;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The application in a JVM of its own, on ports that are free, and all that it prints. */
final class ApplicationProcess implements AutoCloseable {
  /** Far longer than a start or a stop takes, on a busy machine too. */
  private static final int PATIENCE_SECONDS = 120;

  /** What stands behind the last line. */
  private static final String END = "\0";

  private final Process process;
  private final BlockingQueue<String> unread = new LinkedBlockingQueue<>();
  private final List<String> lines = new ArrayList<>();

  ApplicationProcess(String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                Application.class.getName(),
                "--management.server.port=0"));
    if (Stream.of(arguments).noneMatch(argument -> argument.startsWith("--server.port="))) {
      command.add("--server.port=0");
    }
    command.addAll(List.of(arguments));
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    Thread.ofVirtual().start(this::read);
  }

  /** Without Kotlin, which only a test's tool needs and Spring would remark on. */
  private static String classPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(entry -> !new File(entry).getName().startsWith("kotlin-"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private void read() {
    try (BufferedReader output = process.inputReader()) {
      output.lines().forEach(unread::add);
    } catch (UncheckedIOException | IOException e) {
      unread.add("not read: " + e);
    } finally {
      unread.add(END);
    }
  }

  /** Waits for the line that says that it is ready, and gives it. */
  JsonNode ready() throws InterruptedException {
    while (true) {
      String line = next();
      if (line.equals(END)) {
        throw new IllegalStateException("it ended instead of starting: " + lines);
      }
      lines.add(line);
      if (line.contains("\"ready ")) {
        return JsonMapper.shared().readTree(line);
      }
    }
  }

  private String next() throws InterruptedException {
    String line = unread.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (line == null) {
      throw new IllegalStateException("it neither says anything nor ends: " + lines);
    }
    return line;
  }

  /** Asks it to stop, as Kubernetes does. */
  void terminate() {
    process.toHandle().destroy(); // Process.destroy would also stop listening to what it says
  }

  /** Waits for its end, and gives the status it ended with. */
  int status() throws InterruptedException {
    for (String line = next(); !line.equals(END); line = next()) {
      lines.add(line);
    }
    return process.waitFor();
  }

  /** What it has printed, up to what was waited for. */
  List<String> lines() {
    return lines;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
