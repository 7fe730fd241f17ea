package io.kvfunctions.linearizability;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a key holds, as far as that can be known: a put that nobody was told of has an etag that
 * shows only when somebody sees the entry.
 *
 * @param etag of the entry, null where it has not shown
 * @param value of the entry, null where it has not shown
 */
record State(Kind kind, @Nullable String etag, @Nullable String value) {
  static final State ABSENT = new State(Kind.ABSENT, null, null);

  /** There may be anything, or nothing. */
  static final State ANYTHING = new State(Kind.ANYTHING, null, null);

  enum Kind {
    ABSENT,
    HELD,
    ANYTHING
  }

  private static State held(@Nullable String etag, @Nullable String value) {
    return new State(Kind.HELD, etag, value);
  }

  /**
   * The state after the call had this outcome in this state, null where it cannot have had.
   *
   * @param values the value of each etag of which that is known
   */
  @Nullable State after(Call call, Outcome outcome, Map<String, String> values) {
    return switch (outcome) {
      case Outcome.Found(String seen, String value) -> seen(seen, value, values);
      case Outcome.NotFound() -> seenAbsent();
      case Outcome.Rejected(String current) -> {
        if (call.condition().holds(current)) {
          yield null;
        }
        yield current == null ? seenAbsent() : seen(current, null, values);
      }
      case Outcome.Stored(String stored, boolean created) -> {
        boolean can = created ? canBeAbsent() : canBeHeld();
        yield can && mayHold(call.condition(), values)
            ? held(stored, ((Call.Put) call).value())
            : null;
      }
      case Outcome.Deleted(boolean existed) -> {
        boolean can = existed ? canBeHeld() : canBeAbsent();
        yield can && mayHold(call.condition(), values) ? ABSENT : null;
      }
      case Outcome.Gone() -> mayHold(call.condition(), values) ? ABSENT : null;
      case Outcome.Unknown() ->
          switch (call) {
            case Call.Get() -> this;
            case Call.Put(String value, Call.Condition condition) ->
                mayHold(condition, values) ? held(null, value) : null;
            case Call.Delete(Call.Condition condition) ->
                mayHold(condition, values) ? ABSENT : null;
          };
    };
  }

  private boolean canBeAbsent() {
    return kind != Kind.HELD;
  }

  private boolean canBeHeld() {
    return kind != Kind.ABSENT;
  }

  private @Nullable State seenAbsent() {
    return canBeAbsent() ? ABSENT : null;
  }

  private @Nullable State seen(
      String seen, @Nullable String seenValue, Map<String, String> values) {
    String known = seenValue != null ? seenValue : values.get(seen);
    return switch (kind) {
      case ABSENT -> null;
      case ANYTHING -> held(seen, known);
      case HELD ->
          canBear(seen, values) && (value == null || known == null || value.equals(known))
              ? held(seen, value != null ? value : known)
              : null;
    };
  }

  /** Whether the entry's etag can be this one. */
  private boolean canBear(String other, Map<String, String> values) {
    if (etag != null) {
      return etag.equals(other);
    }
    String known = values.get(other);
    return value == null || known == null || value.equals(known);
  }

  private boolean mayHold(Call.Condition condition, Map<String, String> values) {
    return switch (condition.kind()) {
      case ANY -> true;
      case ABSENT -> canBeAbsent();
      case PRESENT -> canBeHeld();
      case MATCH ->
          condition.etag() != null
              && canBeHeld()
              && (kind == Kind.ANYTHING || canBear(condition.etag(), values));
    };
  }
}
