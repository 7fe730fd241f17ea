package io.kvfunctions.grid.trials;

import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What was done to the instances during a trial, and when. Any thread may write. */
final class Journal {
  private final long startNanos = System.nanoTime();
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();

  void say(String what) {
    lines.add(at(System.nanoTime()) + "  " + what);
  }

  /** A point in time, told in seconds from the start. */
  String at(long nanos) {
    return String.format(Locale.ROOT, "%8.3f s", (nanos - startNanos) / 1e9);
  }

  @Override
  public String toString() {
    return String.join("\n", lines);
  }
}
