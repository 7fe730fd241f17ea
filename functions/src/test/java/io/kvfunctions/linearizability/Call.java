package io.kvfunctions.linearizability;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a client asks of a key, in whichever way it asks. */
sealed interface Call {
  /** What must hold for it to take place. */
  Condition condition();

  record Get() implements Call {
    @Override
    public Condition condition() {
      return Condition.ANY;
    }
  }

  /**
   * Writes.
   *
   * @param value one that no other put of the history writes
   */
  record Put(String value, Condition condition) implements Call {}

  record Delete(Condition condition) implements Call {}

  /**
   * What must hold of the entry for a write to take place.
   *
   * @param etag the one asked for by {@code MATCH}
   */
  record Condition(Kind kind, @Nullable String etag) {
    static final Condition ANY = new Condition(Kind.ANY, null);
    static final Condition ABSENT = new Condition(Kind.ABSENT, null);
    static final Condition PRESENT = new Condition(Kind.PRESENT, null);

    enum Kind {
      ANY,
      ABSENT,
      PRESENT,
      MATCH
    }

    static Condition match(String etag) {
      return new Condition(Kind.MATCH, etag);
    }

    /** Whether it holds of an entry with this etag, null where there is none. */
    boolean holds(@Nullable String currentEtag) {
      return switch (kind) {
        case ANY -> true;
        case ABSENT -> currentEtag == null;
        case PRESENT -> currentEtag != null;
        case MATCH -> Objects.equals(etag, currentEtag);
      };
    }

    @Override
    public String toString() {
      return switch (kind) {
        case ANY -> "";
        case ABSENT -> " if-none-match *";
        case PRESENT -> " if-match *";
        case MATCH -> " if-match " + etag;
      };
    }
  }
}
