package io.kvfunctions.http;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Stops first of all: lets the requests in flight be answered before the web server beneath them
 * goes.
 */
final class Drain implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(Drain.class);

  private final Server server;
  private final Duration timeout;
  private volatile boolean running;

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
    if (!server.drain(timeout)) {
      log.warn(
          "stopping with {} requests unanswered after {} (kv.http.drain-timeout)",
          server.inFlight(),
          timeout);
    }
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
