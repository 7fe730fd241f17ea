package io.kvfunctions.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CallersTest {
  private final Callers callers = new Callers();

  /** As many as there are: each waits until all have begun. */
  @Test
  void callsWaitForNoOther() throws Exception {
    int many = 1_000;
    CyclicBarrier all = new CyclicBarrier(many + 1);
    CountDownLatch done = new CountDownLatch(many);
    for (int i = 0; i < many; i++) {
      callers.execute(
          () -> {
            try {
              all.await(20, TimeUnit.SECONDS);
              done.countDown();
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
          });
    }
    all.await(20, TimeUnit.SECONDS);
    assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aThreadThatIsFreeIsTakenAgain_andAllCallsAreMade() throws Exception {
    int rounds = 20_000;
    int atOnce = 4;
    Set<Thread> threads =
        Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));
    AtomicInteger made = new AtomicInteger();
    CountDownLatch done = new CountDownLatch(atOnce);
    for (int i = 0; i < atOnce; i++) {
      again(rounds, threads, made, done);
    }
    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(made).hasValue(atOnce * rounds);
    // Two for each, since one that asks for the next call is not free yet, and some more where the
    // processor was taken from it just then.
    assertThat(threads).hasSizeLessThan(atOnce * rounds / 100).allMatch(Thread::isVirtual);
  }

  private void again(int rounds, Set<Thread> threads, AtomicInteger made, CountDownLatch done) {
    callers.execute(
        () -> {
          threads.add(Thread.currentThread());
          made.incrementAndGet();
          if (rounds > 1) {
            again(rounds - 1, threads, made, done);
          } else {
            done.countDown();
          }
        });
  }

  @Test
  void aCallThatFailsTakesNoneWithIt() throws Exception {
    CountDownLatch failed = new CountDownLatch(1);
    callers.execute(
        () -> {
          Thread.currentThread().setUncaughtExceptionHandler((t, e) -> failed.countDown());
          throw new IllegalStateException("expected by this test");
        });
    assertThat(failed.await(20, TimeUnit.SECONDS)).isTrue();
    CountDownLatch done = new CountDownLatch(1);
    callers.execute(done::countDown);
    assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void anInterruptReachesNoLaterCall() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    Thread[] first = new Thread[1];
    callers.execute(
        () -> {
          first[0] = Thread.currentThread();
          Thread.currentThread().interrupt();
          interrupted.countDown();
        });
    assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
    Await.until("the thread is free", () -> first[0].getState() == Thread.State.WAITING);
    CompletableFuture<Boolean> next = new CompletableFuture<>();
    callers.execute(
        () ->
            next.complete(
                Thread.currentThread() == first[0] && !Thread.currentThread().isInterrupted()));
    assertThat(next.get(20, TimeUnit.SECONDS)).isTrue();
  }
}
