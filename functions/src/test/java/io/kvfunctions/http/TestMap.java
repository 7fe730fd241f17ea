package io.kvfunctions.http;

import io.kvfunctions.store.DistantEntries;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Where the map is that a server of a test asks: what a client sees is the same. */
enum TestMap {
  HERE,
  ELSEWHERE;

  /** Starts the application over such a map, with these settings. */
  TestServer start(Map<String, String> settings) {
    return switch (this) {
      case HERE -> TestServer.start(settings, UnaryOperator.identity());
      case ELSEWHERE -> TestServer.start(settings, DistantEntries::new);
    };
  }
}
