package io.kvfunctions;

import java.util.concurrent.ThreadLocalRandom;

/**
 * The seed of what a test does at random. It is printed, and {@code -Dkv.seed=…} gives it back, so
 * that a failure can be seen again.
 */
public final class Seed {
  private Seed() {}

  /** The seed for this test, whose name is printed beside it. */
  public static long forTest(String name) {
    long seed = Long.getLong("kv.seed", ThreadLocalRandom.current().nextLong());
    System.out.printf("%s: -Dkv.seed=%d%n", name, seed);
    return seed;
  }
}
