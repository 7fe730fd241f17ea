package io.kvfunctions.http;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A server to replay the contract against, however it was started.
 *
 * @param clock moves the server's clock on, where the server has one that can be moved
 */
record ContractTarget(String host, int port, Optional<Consumer<Duration>> clock) {
  String authority() {
    return host + ":" + port;
  }
}
