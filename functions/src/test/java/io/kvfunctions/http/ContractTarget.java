package io.kvfunctions.http;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A server to replay the contract against, however it was started, or several that answer as one.
 *
 * @param ports of each
 * @param clock moves the clock of all of them on, where they have one that can be moved
 */
record ContractTarget(String host, List<Integer> ports, Optional<Consumer<Duration>> clock) {

  static ContractTarget one(String host, int port, Optional<Consumer<Duration>> clock) {
    return new ContractTarget(host, List.of(port), clock);
  }

  String authority() {
    return host + ":" + ports.getFirst();
  }

  /** The port of one of them, where it does not matter of which. */
  int port() {
    return ports.getFirst();
  }
}
