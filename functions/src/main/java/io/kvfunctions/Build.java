package io.kvfunctions;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * Which build this is, also among the metrics: a one that bears it as a tag, to be joined with any
 * other.
 *
 * @param version {@code unknown} where it was not built by Maven
 */
record Build(String version) implements MeterBinder {

  @Override
  public void bindTo(MeterRegistry registry) {
    Gauge.builder("kv.build.info", () -> 1)
        .description("which version runs")
        .tag("version", version)
        .register(registry);
  }
}
