package io.kvfunctions.grid;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/** How the grid stands, for the metrics. */
record GridMetrics(Grid grid) implements MeterBinder {

  @Override
  public void bindTo(MeterRegistry registry) {
    Gauge.builder("kv.grid.members", grid, Grid::members)
        .description("instances joined, this one among them")
        .register(registry);
    Gauge.builder("kv.grid.quorum", grid, g -> g.quorum().holds(System.nanoTime()) ? 1 : 0)
        .description("whether this instance may answer: 1 or 0")
        .register(registry);
    Gauge.builder("kv.grid.safe", grid, g -> g.safety().isSafe() ? 1 : 0)
        .description("whether all entries of the grid have all their backups: 1 or 0")
        .register(registry);
    Gauge.builder(
            "kv.grid.backup.lag",
            grid,
            g -> g.safety().unsafeFor(System.nanoTime()).toMillis() / 1e3)
        .description("for how long some entries have not had all their backups")
        .baseUnit("seconds")
        .register(registry);
    FunctionCounter.builder("kv.grid.migrations", grid, Grid::migrations)
        .description("copies of partitions that were moved, as far as this instance heard of it")
        .register(registry);
    FunctionCounter.builder("kv.grid.partitions.lost", grid, Grid::partitionsLost)
        .description(
            "partitions of which all copies were lost, as far as this instance heard of it")
        .register(registry);
  }
}
