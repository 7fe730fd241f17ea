package io.kvfunctions.store;

/**
 * A key and the moment its entry expires, ordered by that moment.
 *
 * @param atMillis milliseconds since 1970
 */
record Deadline(long atMillis, String key) implements Comparable<Deadline> {
  @Override
  public int compareTo(Deadline other) {
    return atMillis != other.atMillis
        ? Long.compare(atMillis, other.atMillis)
        : key.compareTo(other.key);
  }
}
