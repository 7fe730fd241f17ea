package io.kvfunctions.linearizability;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Where chance comes from: printed, and given back by {@code -Dkv.seed=…}. */
final class Seed {
  private static final long SEED = Long.getLong("kv.seed", System.nanoTime());

  private Seed() {}

  static RandomGenerator random(String whose) {
    System.out.printf("%s: -Dkv.seed=%d%n", whose, SEED);
    return of(whose.hashCode());
  }

  /** A generator of its own for each of several threads, all from the one seed. */
  static RandomGenerator of(int number) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(SEED * 31 + number);
  }
}
