package io.kvfunctions;

import io.kvfunctions.functions.Limits;
import io.kvfunctions.grid.Grid;
import io.kvfunctions.settings.KvSettings;
import io.kvfunctions.store.Budget;
import io.kvfunctions.store.Entries;
import io.kvfunctions.store.EtagSequence;
import io.kvfunctions.store.EventMemory;
import io.kvfunctions.store.Footprint;
import io.kvfunctions.store.Instance;
import io.kvfunctions.store.LocalEntries;
import io.kvfunctions.store.Store;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Fallback;

/** The store and what it is made of: one map, shared by everything here. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(KvSettings.class)
public class StoreConfiguration {

  /** The time of the system, unless something else that tells the time is declared. */
  @Bean
  @Fallback
  InstantSource clock() {
    return InstantSource.system();
  }

  @Bean
  Budget budget(KvSettings settings) {
    return new Budget(settings.limits().memory().bytesOf(Runtime.getRuntime().maxMemory()));
  }

  @Bean
  Instance instance(InstantSource clock, Budget budget, KvSettings settings) {
    KvSettings.Events events = settings.events();
    return new Instance(
        clock,
        new EtagSequence(clock, new SecureRandom().nextInt()),
        budget,
        Footprint.ofThisJvm(),
        new EventMemory.Bounds(events.window(), events.remembered()));
  }

  /** Of this instance alone, or of several that share one map. */
  @Bean
  Entries entries(ObjectProvider<Grid> grid, Instance instance) {
    Grid shared = grid.getIfAvailable();
    return shared == null
        ? new LocalEntries(new ConcurrentHashMap<>(), instance)
        : shared.entries();
  }

  @Bean
  Store store(Entries entries, Instance instance) {
    return new Store(entries, instance);
  }

  @Bean
  Limits limits(KvSettings settings) {
    return new Limits(
        Math.toIntExact(settings.limits().key().toBytes()),
        Math.toIntExact(settings.limits().value().toBytes()));
  }

  @Bean
  Sweeper sweeper(Store store, KvSettings settings) {
    return new Sweeper(store, settings.expiry().interval(), settings.expiry().batch());
  }

  @Bean
  StoreMetrics storeMetrics(Store store) {
    return new StoreMetrics(store);
  }
}
