package io.kvfunctions.http;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.BaseUnits;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What all connections share: how many there are, how many requests are being answered, how much is
 * buffered, whether the server is stopping. Safe for any number of threads.
 */
final class Server {
  /** How many connections too many are told so at a time; the others are closed without a word. */
  private static final int TURNED_AWAY = 100;

  /** What became of a connection. */
  enum Place {
    /** It has one. */
    TAKEN,
    /** There is none; it may be told so, and does not count as one. */
    NONE,
    /** There is none, nor can it be told. */
    NOT_EVEN_STANDING
  }

  private final int maxConnections;
  private final long maxBuffered;
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger turnedAway = new AtomicInteger();
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicLong buffered = new AtomicLong();
  private final AtomicLong ahead = new AtomicLong(); // of it, by requests sent ahead
  private final AtomicLong refusedConnections = new AtomicLong();
  private final AtomicLong refusedBodies = new AtomicLong();
  private final Semaphore quiet = new Semaphore(0); // a hint that none may be in flight
  private volatile Runnable listener = () -> {};
  private volatile boolean stopping;

  /**
   * @param maxConnections how many connections may be open (kv.http.connections)
   * @param maxBuffered bytes that may be held for clients (kv.limits.buffers)
   */
  Server(int maxConnections, long maxBuffered) {
    this.maxConnections = maxConnections;
    this.maxBuffered = maxBuffered;
  }

  /** What to call to have no more connections come in. */
  void listeningUntil(Runnable close) {
    listener = close;
  }

  /** One more, if there is a place for it. */
  Place opened(Connection connection) {
    if (connections.incrementAndGet() <= maxConnections) {
      open.add(connection);
      return Place.TAKEN;
    }
    connections.decrementAndGet();
    refusedConnections.incrementAndGet();
    if (turnedAway.incrementAndGet() <= TURNED_AWAY) {
      return Place.NONE;
    }
    turnedAway.decrementAndGet();
    return Place.NOT_EVEN_STANDING;
  }

  void closed(Connection connection, Place place) {
    switch (place) {
      case TAKEN -> {
        open.remove(connection);
        connections.decrementAndGet();
      }
      case NONE -> turnedAway.decrementAndGet();
      case NOT_EVEN_STANDING -> {}
    }
  }

  /** Something has begun that a stop has to wait for. */
  void began() {
    inFlight.incrementAndGet();
  }

  void finished() {
    if (inFlight.decrementAndGet() == 0 && stopping) {
      quiet.release();
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
   * The same for requests sent ahead, which get half of the room at most: what is under way has to
   * come to its end before they are of any use.
   */
  boolean reserveAhead(long bytes) {
    if (ahead.addAndGet(bytes) <= maxBuffered / 2) {
      if (reserve(bytes)) {
        return true;
      }
    } else {
      refusedBodies.incrementAndGet();
    }
    ahead.addAndGet(-bytes);
    return false;
  }

  void releaseAhead(long bytes) {
    ahead.addAndGet(-bytes);
    release(bytes);
  }

  /**
   * Makes every answer from now on the last one on its connection and waits until all have been
   * sent; closes the port, and waits for those that came in between. Until then the port is open: a
   * probe that asks whether the server is ready has to be told that it is not.
   *
   * @return whether it came to that in time
   */
  boolean drain(Duration timeout) {
    long until = System.nanoTime() + timeout.toNanos();
    stopping = true;
    boolean inTime = settle(until);
    listener.run();
    return inTime && settle(until);
  }

  private boolean settle(long until) {
    open.forEach(Connection::leave);
    try {
      while (inFlight.get() > 0) {
        if (!quiet.tryAcquire(until - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          return false;
        }
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  boolean isStopping() {
    return stopping;
  }

  /** How many requests are being received or answered, or are the last answered and being sent. */
  int inFlight() {
    return inFlight.get();
  }

  /** How many connections are open. */
  int connections() {
    return connections.get();
  }

  /** How many bytes are held for clients. */
  long bufferedBytes() {
    return buffered.get();
  }

  void bindTo(MeterRegistry registry) {
    Gauge.builder("kv.connections", connections, AtomicInteger::get)
        .description("connections open")
        .register(registry);
    Gauge.builder("kv.buffered", buffered, AtomicLong::get)
        .description("held for clients that send a body or take their time with an answer")
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
