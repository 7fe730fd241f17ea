package io.kvfunctions.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kvfunctions.Application;
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

/**
 * The application in a JVM of its own with a heap of 256 MB, so that what it fails to bound brings
 * it down, and not the test. Netty looks for buffers nobody has released.
 */
final class ForkedServer implements AutoCloseable {
  /** Far longer than a start or a stop takes, on a busy machine too. */
  private static final int PATIENCE_SECONDS = 120;

  /** What stands behind the last line. */
  private static final String END = "\0";

  private final Process process;
  private final BlockingQueue<String> unread = new LinkedBlockingQueue<>();
  private final int port;
  private final int managementPort;

  private ForkedServer(Process process) throws InterruptedException {
    this.process = process;
    Thread.ofVirtual().start(this::read);
    JsonNode ready = ready();
    port = ready.at("/server/port").asInt();
    managementPort = ready.at("/management/server/port").asInt();
  }

  /** Starts it with these settings ({@code --name=value}), and waits until it is ready. */
  static ForkedServer start(String... settings) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "-Dio.netty.leakDetection.level=advanced",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                Application.class.getName(),
                "--server.port=0",
                "--management.server.port=0"));
    command.addAll(List.of(settings));
    return new ForkedServer(new ProcessBuilder(command).redirectErrorStream(true).start());
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

  private JsonNode ready() throws InterruptedException {
    List<String> before = new ArrayList<>();
    while (true) {
      String line = next();
      before.add(line);
      if (line.equals(END)) {
        throw new IllegalStateException("it ended instead of starting: " + before);
      }
      if (line.contains("\"ready ")) {
        return JsonMapper.shared().readTree(line);
      }
    }
  }

  private String next() throws InterruptedException {
    String line = unread.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (line == null) {
      process.destroyForcibly();
      throw new IllegalStateException("it neither says anything nor ends");
    }
    return line;
  }

  int port() {
    return port;
  }

  /** The metric of this name, which has no tags, as it stands now. */
  long metric(String name) {
    String text = metrics();
    return text.lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name + " in " + text));
  }

  private String metrics() {
    try (RawClient client = new RawClient("127.0.0.1", managementPort)) {
      client.send(
          "GET /actuator/prometheus HTTP/1.1\r\nHost: kv\r\nConnection: close\r\n\r\n"
              .getBytes(UTF_8));
      return client.receive(false).text();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Asks it to stop, waits until it has, and gives what it printed since it was ready. */
  List<String> stop() throws InterruptedException {
    process.toHandle().destroy(); // Process.destroy would also stop listening to what it says
    List<String> lines = new ArrayList<>();
    for (String line = next(); !line.equals(END); line = next()) {
      lines.add(line);
    }
    process.waitFor();
    return lines;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
