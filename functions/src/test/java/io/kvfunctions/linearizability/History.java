package io.kvfunctions.linearizability;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** All that several clients asked of a store and were told. Any number of threads may record. */
final class History {
  private final Queue<Operation> operations = new ConcurrentLinkedQueue<>();
  private final AtomicInteger numbers = new AtomicInteger();

  /**
   * Records an operation that has been answered, or of which no answer is expected any more.
   *
   * @param after the one that the same batch put before it, if any
   */
  Operation add(
      int client,
      String key,
      Call call,
      Outcome outcome,
      long invokedNanos,
      long answeredNanos,
      @Nullable Operation after) {
    Operation operation =
        new Operation(
            numbers.getAndIncrement(),
            client,
            key,
            call,
            outcome,
            invokedNanos,
            outcome instanceof Outcome.Unknown ? Operation.NEVER : answeredNanos,
            after == null ? Operation.NONE : after.number());
    operations.add(operation);
    return operation;
  }

  Collection<Operation> operations() {
    return operations;
  }

  Map<String, List<Operation>> byKey() {
    Map<String, List<Operation>> byKey = new TreeMap<>();
    for (Operation operation : operations) {
      byKey.computeIfAbsent(operation.key(), key -> new ArrayList<>()).add(operation);
    }
    return byKey;
  }

  /**
   * The first key's part that no store which does one thing after the other can have told; null
   * where there is none. (A history is linearizable if that of each of its keys is: Herlihy and
   * Wing, 1990.)
   */
  @Nullable Violation check() {
    for (List<Operation> ofKey : byKey().values()) {
      Violation violation = Checker.check(ofKey);
      if (violation != null) {
        return violation;
      }
    }
    return null;
  }

  /** Where two writes got the same etag, or an etag was seen on an entry that it does not name. */
  List<String> reusedEtags() {
    List<String> reused = new ArrayList<>();
    Map<String, Operation> writes = new HashMap<>();
    for (Operation operation : operations) {
      if (operation.outcome() instanceof Outcome.Stored(String etag, boolean created)) {
        Operation other = writes.putIfAbsent(etag, operation);
        if (other != null) {
          reused.add(etag + " names two writes: " + other + " and " + operation);
        }
      }
    }
    Map<String, Operation> sightings = new HashMap<>();
    for (Operation operation : operations) {
      if (operation.outcome() instanceof Outcome.Found(String etag, String value)
          && value != null) {
        Operation write = writes.getOrDefault(etag, sightings.putIfAbsent(etag, operation));
        if (write != null
            && !(write.key().equals(operation.key()) && value.equals(valueOf(write)))) {
          reused.add(etag + " names two entries: " + write + " and " + operation);
        }
      }
    }
    return reused;
  }

  private static @Nullable String valueOf(Operation operation) {
    return operation.call() instanceof Call.Put(String value, Call.Condition condition)
        ? value
        : operation.outcome() instanceof Outcome.Found(String etag, String value) ? value : null;
  }
}
