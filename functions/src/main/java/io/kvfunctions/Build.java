package io.kvfunctions;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * Which build this is, also among the metrics: a one that bears it as tags, to be joined with any
 * other.
 *
 * @param version the version, {@code unknown} where it was not built by Maven
 * @param java the version of the Java it runs on
 */
record Build(String version, String java) implements MeterBinder {

  @Override
  public void bindTo(MeterRegistry registry) {
    Gauge.builder("kv.build.info", () -> 1)
        .description("what was built, and the Java it runs on")
        .tag("version", version)
        .tag("java", java)
        .register(registry);
  }
}
