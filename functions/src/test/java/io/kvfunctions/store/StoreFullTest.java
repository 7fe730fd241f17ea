package io.kvfunctions.store;

import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Half of the heap is for entries by default: filled to the last byte, the heap must not run out.
 */
class StoreFullTest {
  @ParameterizedTest
  @ValueSource(strings = {"-XX:+UseG1GC", "-XX:+UseSerialGC"})
  @Timeout(120)
  void aFullStoreIsNotAFullHeap(String collector) throws Exception {
    List<String> said =
        ForkedJvm.run(
            StoreFullProbe.class,
            List.of(
                "-Xmx256m",
                collector,
                "-XX:+UseCompactObjectHeaders",
                "-XX:+ExitOnOutOfMemoryError"));
    said.forEach(System.out::println);
  }
}
