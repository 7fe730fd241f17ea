package io.kvfunctions;

import io.kvfunctions.functions.Limits;
import io.kvfunctions.settings.KvSettings;
import io.kvfunctions.store.Budget;
import io.kvfunctions.store.Entry;
import io.kvfunctions.store.EtagSequence;
import io.kvfunctions.store.EventMemory;
import io.kvfunctions.store.Footprint;
import io.kvfunctions.store.Store;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
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
  ConcurrentMap<String, Entry> map() {
    return new ConcurrentHashMap<>();
  }

  @Bean
  Budget budget(KvSettings settings) {
    return new Budget(settings.limits().memory().bytesOf(Runtime.getRuntime().maxMemory()));
  }

  @Bean
  Store store(
      ConcurrentMap<String, Entry> map, InstantSource clock, Budget budget, KvSettings settings) {
    EtagSequence etags = new EtagSequence(clock, new SecureRandom().nextInt());
    KvSettings.Events events = settings.events();
    return new Store(
        map,
        clock,
        etags,
        budget,
        Footprint.ofThisJvm(),
        new EventMemory.Bounds(events.window(), events.remembered()));
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
