package io.kvfunctions;

import io.kvfunctions.store.Store;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;

/** What the store holds and has done, for the metrics. */
record StoreMetrics(Store store) implements MeterBinder {

  @Override
  public void bindTo(MeterRegistry registry) {
    Gauge.builder("kv.entries", store, Store::size)
        .description("entries held, with the expired ones that wait for the sweep")
        .register(registry);
    Gauge.builder("kv.tombstones", store, Store::tombstones)
        .description("keys without an entry, held for the events that are remembered of them")
        .register(registry);
    Gauge.builder("kv.memory.used", store, s -> s.budget().usedBytes())
        .description("heap that entries hold")
        .baseUnit(BaseUnits.BYTES)
        .register(registry);
    Gauge.builder("kv.memory.budget", store, s -> s.budget().limitBytes())
        .description("heap that entries may hold")
        .baseUnit(BaseUnits.BYTES)
        .register(registry);
    FunctionCounter.builder("kv.expired", store, Store::expired)
        .description("entries whose memory was given back after they expired")
        .register(registry);
    FunctionCounter.builder("kv.refused", store, Store::refused)
        .description("writes and requests refused for want of room")
        .tag("reason", "store-full")
        .register(registry);
  }
}
