package io.kvfunctions.http;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.BaseUnits;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What all connections share: how many there are, how many requests are being answered, how much is
 * buffered, whether the server is stopping. Safe for any number of threads.
 */
final class Server {
  private final int maxConnections;
  private final long maxBuffered;
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicLong buffered = new AtomicLong();
  private final AtomicLong refusedConnections = new AtomicLong();
  private final AtomicLong refusedBodies = new AtomicLong();
  private final CountDownLatch quiet = new CountDownLatch(1);
  private volatile boolean stopping;

  /**
   * @param maxConnections how many connections may be open (kv.http.connections)
   * @param maxBuffered bytes of bodies that may be waited for (kv.limits.buffers)
   */
  Server(int maxConnections, long maxBuffered) {
    this.maxConnections = maxConnections;
    this.maxBuffered = maxBuffered;
  }

  /**
   * Counts one more; false where it is one too many (it counts all the same, until it is closed).
   */
  boolean opened() {
    if (connections.incrementAndGet() <= maxConnections) {
      return true;
    }
    refusedConnections.incrementAndGet();
    return false;
  }

  void closed() {
    connections.decrementAndGet();
  }

  void began() {
    inFlight.incrementAndGet();
  }

  void finished() {
    if (inFlight.decrementAndGet() == 0 && stopping) {
      quiet.countDown();
    }
  }

  /**
   * Takes this many bytes of the room for bodies; false, and nothing taken, where there is not
   * enough.
   */
  boolean reserve(long bytes) {
    if (buffered.addAndGet(bytes) <= maxBuffered) {
      return true;
    }
    buffered.addAndGet(-bytes);
    refusedBodies.incrementAndGet();
    return false;
  }

  void release(long bytes) {
    buffered.addAndGet(-bytes);
  }

  /**
   * Makes every answer from now on the last one on its connection, and waits until no request is
   * being answered.
   *
   * @return whether it came to that in time
   */
  boolean drain(Duration timeout) {
    stopping = true;
    if (inFlight.get() == 0) {
      quiet.countDown();
    }
    try {
      return quiet.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  boolean isStopping() {
    return stopping;
  }

  /** How many requests are being received or answered. */
  int inFlight() {
    return inFlight.get();
  }

  void bindTo(MeterRegistry registry) {
    Gauge.builder("kv.connections", connections, AtomicInteger::get)
        .description("connections open")
        .register(registry);
    Gauge.builder("kv.buffered", buffered, AtomicLong::get)
        .description("bodies and lines that are waited for")
        .baseUnit(BaseUnits.BYTES)
        .register(registry);
    FunctionCounter.builder("kv.refused", refusedConnections, AtomicLong::get)
        .description("writes and requests refused for want of room")
        .tag("reason", "connections")
        .register(registry);
    FunctionCounter.builder("kv.refused", refusedBodies, AtomicLong::get)
        .description("writes and requests refused for want of room")
        .tag("reason", "buffers")
        .register(registry);
  }
}
