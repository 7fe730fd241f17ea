package io.kvfunctions.http;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Stops first of all: lets the requests in flight be answered and closes the port before the web
 * server beneath them goes, which knows nothing of them.
 */
public final class Drain implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(Drain.class);

  private final Server server;
  private final Duration timeout;
  private volatile boolean running;
  private volatile boolean drained;

  Drain(Server server, Duration timeout) {
    this.server = server;
    this.timeout = timeout;
  }

  @Override
  public void start() {
    running = true;
  }

  @Override
  public void stop() {
    running = false;
    log.info("stopping, {} requests in flight", server.inFlight());
    drained = server.drain(timeout);
    if (!drained) {
      log.warn(
          "stopping with {} requests unanswered after {} (kv.http.drain-timeout)",
          server.inFlight(),
          timeout);
    }
  }

  /** Whether the server has stopped and left no request unanswered. */
  public boolean isDrained() {
    return drained;
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** Started last, stopped first. */
  @Override
  public int getPhase() {
    return Integer.MAX_VALUE;
  }
}
