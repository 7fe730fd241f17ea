package io.kvfunctions.grid;

import io.kvfunctions.settings.KvSettings;
import io.kvfunctions.store.Instance;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.health.application.ReadinessStateHealthIndicator;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/** The grid, where the settings say that there is one. */
@Configuration(proxyBeanMethods = false)
@Conditional(GridWanted.class)
public class GridConfiguration {

  @Bean
  Grid grid(KvSettings settings, Instance instance, ApplicationEventPublisher publisher) {
    return Grid.join(
        settings.grid(),
        instance,
        () -> AvailabilityChangeEvent.publish(publisher, Grid.class, LivenessState.BROKEN));
  }

  /** How it stands, for people. */
  @Bean
  GridEndpoint gridEndpoint(Grid grid) {
    return new GridEndpoint(grid);
  }

  /** In place of Spring Boot's, which knows nothing of the others. */
  @Bean
  ReadinessStateHealthIndicator readinessStateHealthIndicator(
      ApplicationAvailability availability, Grid grid) {
    return new GridReadiness(availability, grid);
  }

  @Bean
  GridMetrics gridMetrics(Grid grid) {
    return new GridMetrics(grid);
  }
}
