package io.kvfunctions.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs a main class of the tests in a JVM of its own, for what depends on the JVM's options. */
final class ForkedJvm {
  private ForkedJvm() {}

  /** What it printed; throws with that where it did not end with 0. */
  static List<String> run(Class<?> main, List<String> options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String output = read(process);
      int code = process.waitFor();
      if (code != 0) {
        throw new AssertionError("%s ended with %d:%n%s".formatted(options, code, output));
      }
      return output.lines().toList();
    } finally {
      process.destroyForcibly();
    }
  }

  private static String read(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
