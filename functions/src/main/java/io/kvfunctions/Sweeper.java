package io.kvfunctions;

import io.kvfunctions.store.Store;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Has the store give back the memory of expired entries, a bounded piece of work at a time. */
final class Sweeper implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(Sweeper.class);

  private final Store store;
  private final Duration interval;
  private final int batch;
  private @Nullable ScheduledExecutorService thread;

  /**
   * @param interval from the end of one sweep to the next
   * @param batch entries a pass looks at, at most
   */
  Sweeper(Store store, Duration interval, int batch) {
    this.store = store;
    this.interval = interval;
    this.batch = batch;
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // sweep lets nothing out
  public synchronized void start() {
    thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("kv-sweeper").daemon().factory());
    thread.scheduleWithFixedDelay(this::sweep, 0, interval.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void sweep() {
    try {
      int swept;
      do {
        swept = store.sweep(batch);
      } while (swept == batch && !Thread.currentThread().isInterrupted()); // there is more
    } catch (RuntimeException | Error e) { // which would end the schedule without a word
      log.error("a sweep failed, the next one follows", e);
    }
  }

  @Override
  public synchronized void stop() {
    if (thread != null) {
      thread.shutdownNow();
      thread = null;
    }
  }

  @Override
  public synchronized boolean isRunning() {
    return thread != null;
  }
}
