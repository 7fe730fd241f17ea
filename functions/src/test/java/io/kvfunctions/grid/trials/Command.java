package io.kvfunctions.grid.trials;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** A command of the system that is done at once, or does not work. */
final class Command {
  private Command() {}

  /** What it prints. */
  static String run(String... command) throws Failed {
    return run(List.of(command), "");
  }

  /** What it prints when it is given this to read. */
  static String run(List<String> command, String input) throws Failed {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      try (var stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(UTF_8));
      }
      String output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
      int status = process.waitFor();
      if (status != 0) {
        throw new Failed(String.join(" ", command) + " " + input.strip() + ": " + output);
      }
      return output;
    } catch (IOException e) {
      throw new Failed(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new IOException(e));
    }
  }

  /** It is not there, or it did not work. */
  static final class Failed extends Exception {
    private static final long serialVersionUID = 1;

    Failed(String message) {
      super(message);
    }
  }
}
