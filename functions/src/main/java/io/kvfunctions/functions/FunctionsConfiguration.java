package io.kvfunctions.functions;

import io.kvfunctions.store.Store;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The three functions as beans, which is what puts them into Spring Cloud Function's catalog. */
@Configuration(proxyBeanMethods = false)
public class FunctionsConfiguration {

  @Bean
  Get get(Store store, Limits limits) {
    return new Get(store, limits);
  }

  @Bean
  Put put(Store store, Limits limits) {
    return new Put(store, limits);
  }

  @Bean
  Delete delete(Store store, Limits limits) {
    return new Delete(store, limits);
  }

  @Bean
  JsonConverter jsonConverter() {
    return new JsonConverter();
  }
}
