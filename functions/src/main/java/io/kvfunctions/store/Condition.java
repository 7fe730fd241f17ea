package io.kvfunctions.store;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What must hold of a key's entry for a write to take place (RFC 9110 §13.1). An expired entry
 * counts as none.
 *
 * <p>A condition is a value and depends on nothing but the entry it is asked about, so that it can
 * be decided wherever the entry is.
 */
public sealed interface Condition {
  /** Whether a write may take place over this entry, null where there is none. */
  boolean holds(@Nullable Entry current);

  /** The entry bears this etag. */
  static Condition match(Etag etag) {
    return new Match(Set.of(etag));
  }

  /** Both must hold. */
  default Condition and(Condition other) {
    return equals(Presence.ANY) ? other : other.equals(Presence.ANY) ? this : new Both(this, other);
  }

  /** What only asks whether there is an entry. */
  enum Presence implements Condition {
    /** Holds always. */
    ANY {
      @Override
      public boolean holds(@Nullable Entry current) {
        return true;
      }
    },
    /** There is no entry: {@code If-None-Match: *}. */
    ABSENT {
      @Override
      public boolean holds(@Nullable Entry current) {
        return current == null;
      }
    },
    /** There is an entry: {@code If-Match: *}. */
    PRESENT {
      @Override
      public boolean holds(@Nullable Entry current) {
        return current != null;
      }
    }
  }

  /**
   * There is an entry and it bears one of these etags: {@code If-Match}. Of an empty set none
   * matches.
   */
  record Match(Set<Etag> etags) implements Condition {
    public Match {
      etags = Set.copyOf(etags);
    }

    @Override
    public boolean holds(@Nullable Entry current) {
      return current != null && etags.contains(current.etag());
    }
  }

  /** There is no entry, or it bears none of these etags: {@code If-None-Match}. */
  record NoneMatch(Set<Etag> etags) implements Condition {
    public NoneMatch {
      etags = Set.copyOf(etags);
    }

    @Override
    public boolean holds(@Nullable Entry current) {
      return current == null || !etags.contains(current.etag());
    }
  }

  /**
   * There is no entry, or it was last written no later than this second: {@code
   * If-Unmodified-Since}.
   *
   * @param epochSecond seconds since 1970
   */
  record UnmodifiedSince(long epochSecond) implements Condition {
    @Override
    public boolean holds(@Nullable Entry current) {
      return current == null || current.lastModifiedMillis() / 1_000 <= epochSecond;
    }
  }

  /** See {@link #and}. */
  record Both(Condition first, Condition second) implements Condition {
    @Override
    public boolean holds(@Nullable Entry current) {
      return first.holds(current) && second.holds(current);
    }
  }
}
