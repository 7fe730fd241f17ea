package io.kvfunctions;

import io.kvfunctions.settings.KvSettings;
import io.kvfunctions.store.Budget;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.info.BuildProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the store says of itself to those who run it, beside the metrics of its parts. */
@Configuration(proxyBeanMethods = false)
class OperationsConfiguration {

  @Bean
  Build build(ObjectProvider<BuildProperties> properties) {
    BuildProperties built = properties.getIfAvailable();
    String version = built == null ? null : built.getVersion();
    return new Build(version == null ? "unknown" : version);
  }

  @Bean
  StartReport startReport(KvSettings settings, Budget budget, Build build) {
    return new StartReport(settings, budget, build);
  }
}
