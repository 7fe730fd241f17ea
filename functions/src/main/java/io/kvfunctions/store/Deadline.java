package io.kvfunctions.store;

import java.util.Comparator;

/**
 * A key and the moment its entry expires, ordered by that moment.
 *
 * @param atMillis milliseconds since 1970
 */
record Deadline(long atMillis, String key) implements Comparable<Deadline> {
  private static final Comparator<Deadline> ORDER =
      Comparator.comparingLong(Deadline::atMillis).thenComparing(Deadline::key);

  @Override
  public int compareTo(Deadline other) {
    return ORDER.compare(this, other);
  }
}
