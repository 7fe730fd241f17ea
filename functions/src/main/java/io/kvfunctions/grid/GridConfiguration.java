package io.kvfunctions.grid;

import io.kvfunctions.settings.KvSettings;
import io.kvfunctions.store.Instance;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.health.application.ReadinessStateHealthIndicator;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The grid, where the settings say that there is one, and what depends on whether there is. */
@Configuration(proxyBeanMethods = false)
@Import(GridRegistrar.class)
public class GridConfiguration {

  /** What is done where there is a grid. */
  interface Joining {
    Grid join();
  }

  @Bean
  Joining joining(KvSettings settings, Instance instance, ApplicationEventPublisher publisher) {
    return () ->
        Grid.join(
            settings.grid(),
            instance,
            () -> AvailabilityChangeEvent.publish(publisher, Grid.class, LivenessState.BROKEN));
  }

  /** In place of Spring Boot's, which knows nothing of other instances. */
  @Bean
  ReadinessStateHealthIndicator readinessStateHealthIndicator(
      ApplicationAvailability availability, ObjectProvider<Grid> grid) {
    Grid shared = grid.getIfAvailable();
    return shared == null
        ? new ReadinessStateHealthIndicator(availability)
        : new GridReadiness(availability, shared);
  }
}
