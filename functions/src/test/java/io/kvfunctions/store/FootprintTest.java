package io.kvfunctions.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the budget says entries hold, beside what the heap really grows by. */
class FootprintTest {
  /** Keys of one hash code stand in a tree, each with 24 bytes that the estimate leaves out. */
  private static final double COLLIDING_AT_LEAST = 0.90;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-XX:+UseCompactObjectHeaders",
        "-XX:-UseCompactObjectHeaders",
        "-XX:-UseCompactObjectHeaders -XX:-UseCompressedOops"
      })
  @Timeout(120)
  void theEstimateIsWhatTheHeapGrowsBy(String layout) throws Exception {
    List<String> options = new ArrayList<>(List.of(layout.split(" ", 0)));
    // The collector that leaves nothing dead behind, so that what is in use is what is held.
    options.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:MarkSweepAlwaysCompactCount=1"));

    List<String> shapes = ForkedJvm.run(FootprintProbe.class, options);

    assertThat(shapes).hasSizeGreaterThan(5);
    for (String line : shapes) {
      String[] fields = line.split(" ", 3);
      double ratio = Double.parseDouble(fields[1]) / Double.parseDouble(fields[2]);
      double atLeast = fields[0].equals("colliding") ? COLLIDING_AT_LEAST : 0.97;
      assertThat(ratio).as("estimate by actual, %s", line).isBetween(atLeast, 1.10);
    }
  }
}
