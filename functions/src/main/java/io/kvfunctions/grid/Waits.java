package io.kvfunctions.grid;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits for answers of other instances, for none longer than a call may take.
 *
 * <p>A wait with a time-out of its own is handed to another thread when it begins and taken back
 * when it ends, which costs more than the call it is for. Here each only says when it began, and
 * {@link #expire} ends those that have taken too long.
 *
 * <p>Safe for any number of threads.
 */
final class Waits {
  private final Set<Wait> underWay = ConcurrentHashMap.newKeySet();
  private final long timeoutNanos;
  private final LongSupplier nanoTime;

  /**
   * @param timeout after which {@link #expire} ends a wait
   * @param nanoTime what time it is, as by {@link System#nanoTime}
   */
  Waits(Duration timeout, LongSupplier nanoTime) {
    this.timeoutNanos = timeout.toNanos();
    this.nanoTime = nanoTime;
  }

  private static final class Wait {
    final CompletableFuture<?> answer;
    final long begun;

    Wait(CompletableFuture<?> answer, long begun) {
      this.answer = answer;
      this.begun = begun;
    }
  }

  /**
   * The answer, once it is there.
   *
   * @throws ExecutionException if it is a failure: a {@link TimeoutException} if it took too long
   * @throws InterruptedException if this thread is interrupted
   */
  <T extends @Nullable Object> T await(CompletableFuture<T> answer)
      throws InterruptedException, ExecutionException {
    if (answer.isDone()) {
      return answer.get();
    }
    Wait wait = new Wait(answer, nanoTime.getAsLong());
    underWay.add(wait);
    try {
      return answer.get();
    } finally {
      underWay.remove(wait);
    }
  }

  /** Ends the waits that have taken too long. To be called several times within the time-out. */
  void expire() {
    long now = nanoTime.getAsLong();
    for (Wait wait : underWay) {
      if (now - wait.begun >= timeoutNanos) {
        wait.answer.completeExceptionally(new TimeoutException());
      }
    }
  }

  /** How many there are. */
  int underWay() {
    return underWay.size();
  }
}
