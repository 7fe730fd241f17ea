package io.kvfunctions.linearizability;

import io.kvfunctions.linearizability.Call.Condition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether any order of a handful of operations explains what was told, found by trying them all,
 * and every etag that a put may have got of which nobody was told.
 */
final class AllOrders {
  private final Map<String, String> values = new HashMap<>();
  private final Set<String> etags = new HashSet<>(Set.of("one that nobody saw"));

  private AllOrders(List<Operation> operations) {
    for (Operation operation : operations) {
      if (operation.call() instanceof Call.Put(String value, Condition condition)
          && condition.etag() != null) {
        etags.add(condition.etag());
      }
      if (operation.call() instanceof Call.Delete(Condition condition)
          && condition.etag() != null) {
        etags.add(condition.etag());
      }
      switch (operation.outcome()) {
        case Outcome.Stored(String etag, boolean created) ->
            values.put(etag, ((Call.Put) operation.call()).value());
        case Outcome.Found(String etag, String value) -> {
          etags.add(etag);
          if (value != null) {
            values.put(etag, value);
          }
        }
        case Outcome.Rejected(String etag) when etag != null -> etags.add(etag);
        default -> {}
      }
    }
  }

  static boolean explain(List<Operation> operations) {
    return new AllOrders(operations).explain(operations, null, null);
  }

  private boolean explain(List<Operation> left, @Nullable String etag, @Nullable String value) {
    if (left.stream().allMatch(operation -> operation.outcome() instanceof Outcome.Unknown)) {
      return true;
    }
    for (Operation operation : left) {
      if (left.stream().anyMatch(o -> o.answeredNanos() < operation.invokedNanos())) {
        continue;
      }
      List<Operation> rest = new ArrayList<>(left);
      rest.remove(operation);
      if (follows(operation, rest, etag, value)) {
        return true;
      }
    }
    return false;
  }

  /** Whether this one can come next, and the others after it. */
  private boolean follows(
      Operation operation, List<Operation> rest, @Nullable String etag, @Nullable String value) {
    return switch (operation.call()) {
      case Call.Get() ->
          switch (operation.outcome()) {
            case Outcome.Unknown() -> explain(rest, etag, value);
            case Outcome.NotFound() -> etag == null && explain(rest, null, null);
            case Outcome.Found(String seen, String seenValue) ->
                seen.equals(etag)
                    && (seenValue == null || seenValue.equals(value))
                    && explain(rest, etag, value);
            default -> false;
          };
      case Call.Put(String written, Condition condition) -> {
        if (!condition.holds(etag)) {
          yield isRejection(operation, etag) && explain(rest, etag, value);
        }
        yield switch (operation.outcome()) {
          case Outcome.Unknown() ->
              etags.stream()
                  .filter(any -> values.getOrDefault(any, written).equals(written))
                  .anyMatch(any -> explain(rest, any, written));
          case Outcome.Stored(String told, boolean created) ->
              created == (etag == null) && explain(rest, told, written);
          default -> false;
        };
      }
      case Call.Delete(Condition condition) -> {
        if (!condition.holds(etag)) {
          yield isRejection(operation, etag) && explain(rest, etag, value);
        }
        yield switch (operation.outcome()) {
          case Outcome.Deleted(boolean existed) ->
              existed == (etag != null) && explain(rest, null, null);
          case Outcome.Gone(), Outcome.Unknown() -> explain(rest, null, null);
          default -> false;
        };
      }
    };
  }

  private static boolean isRejection(Operation operation, @Nullable String etag) {
    return switch (operation.outcome()) {
      case Outcome.Rejected(String current) -> Objects.equals(current, etag);
      case Outcome.Unknown() -> true;
      default -> false;
    };
  }
}
