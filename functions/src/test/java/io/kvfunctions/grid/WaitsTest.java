package io.kvfunctions.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WaitsTest {
  private final AtomicLong now = new AtomicLong(-5); // as nanoTime may be
  private final CountDownLatch begun = new CountDownLatch(1);
  private final Waits waits =
      new Waits(
          Duration.ofNanos(10),
          () -> {
            long read = now.get();
            begun.countDown();
            return read;
          });

  private Future<String> begin(CompletableFuture<String> answer) throws InterruptedException {
    FutureTask<String> waiting = new FutureTask<>(() -> waits.await(answer));
    Thread.ofVirtual().start(waiting);
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
    return waiting;
  }

  @Test
  void anAnswerInTime() throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    Future<String> waiting = begin(answer);
    now.addAndGet(9);
    waits.expire();
    answer.complete("yes");
    assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo("yes");
  }

  @Test
  void anAnswerThatIsThereIsNotWaitedFor() throws Exception {
    assertThat(waits.await(CompletableFuture.completedFuture("yes"))).isEqualTo("yes");
    assertThat(begun.getCount()).isEqualTo(1);
  }

  @Test
  void noAnswerInTime() throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    Future<String> waiting = begin(answer);
    now.addAndGet(10);
    // Begun is not yet to be seen by expire: it is the next one that ends the wait then.
    while (!waiting.isDone()) {
      waits.expire();
      Thread.onSpinWait();
    }
    assertThatThrownBy(waiting::get)
        .cause()
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(TimeoutException.class);
  }

  @Test
  void aFailure() throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    Future<String> waiting = begin(answer);
    answer.completeExceptionally(new IllegalStateException("broken"));
    assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  void whatHasEndedIsNoLongerLookedAt() throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    Future<String> waiting = begin(answer);
    answer.complete("yes");
    waiting.get(10, TimeUnit.SECONDS);
    assertThat(waits.underWay()).isZero();
  }
}
