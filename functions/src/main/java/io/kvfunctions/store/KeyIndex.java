package io.kvfunctions.store;

import java.util.NavigableSet;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;

/**
 * The keys in {@link KeyOrder}, for listing. Safe for any number of threads.
 *
 * <p>A key that comes or goes is compared with some twenty others, so comparing is most of what it
 * costs. {@link String#compareTo}, which the JVM does many characters at a time, differs from the
 * order of code points only between two strings that both hold a character from U+D800 on. Until
 * the first such key is added it is used instead: among the keys before that one, and between them
 * and any other string, the two orders are the same.
 */
final class KeyIndex {
  private final NavigableSet<String> keys = new ConcurrentSkipListSet<>(this::compare);

  /** Set before the first key that makes the difference is added, by the thread that adds it. */
  private volatile boolean ordersDiffer;

  private int compare(String a, String b) {
    return ordersDiffer ? KeyOrder.INSTANCE.compare(a, b) : a.compareTo(b);
  }

  void add(String key) {
    if (!ordersDiffer && mayDiffer(key)) {
      ordersDiffer = true;
    }
    keys.add(key);
  }

  private static boolean mayDiffer(String key) {
    for (int i = 0; i < key.length(); i++) {
      if (key.charAt(i) >= Character.MIN_SURROGATE) {
        return true;
      }
    }
    return false;
  }

  void remove(String key) {
    keys.remove(key);
  }

  /** The string that was added and equals this one, or null where there is none. */
  @Nullable String added(String key) {
    String held = keys.ceiling(key);
    return key.equals(held) ? held : null;
  }

  /** The keys from this one on, with it or without; comes and goes with them. */
  Iterable<String> from(String key, boolean inclusive) {
    return keys.tailSet(key, inclusive);
  }
}
