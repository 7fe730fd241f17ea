package io.kvfunctions.grid;

import java.util.Collection;
import java.util.Collections;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * The instances that were last seen together, and of which more than half decide.
 *
 * <p>Each one but the first was decided on by the one before it, so there is one of each version.
 * Only where there were two beginnings can there be two; their order then is that of their ids, for
 * all to follow the same one.
 *
 * @param version 1 for the first, one more for each after it; 0 where there is none yet
 */
public record Electorate(long version, NavigableSet<String> ids) implements Comparable<Electorate> {
  /** What there is before the first one. */
  public static final Electorate NONE = new Electorate(0, Collections.emptyNavigableSet());

  public Electorate {
    ids = Collections.unmodifiableNavigableSet(new TreeSet<>(ids));
  }

  /** The one that these make after this one. */
  Electorate next(Collection<String> ids) {
    return new Electorate(version + 1, new TreeSet<>(ids));
  }

  /** Whether it is the {@linkplain #NONE one before the first}. */
  public boolean isNone() {
    return version == 0;
  }

  boolean includes(String id) {
    return ids.contains(id);
  }

  @Override
  public int compareTo(Electorate other) {
    if (version != other.version) {
      return Long.compare(version, other.version);
    }
    return ids.equals(other.ids) ? 0 : String.join(",", ids).compareTo(String.join(",", other.ids));
  }
}
