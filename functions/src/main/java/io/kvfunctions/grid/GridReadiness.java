package io.kvfunctions.grid;

import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.AvailabilityState;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.health.application.ReadinessStateHealthIndicator;

/**
 * Whether to send requests here: once this instance was joined to as many as are expected and every
 * entry had its backups, from then on for as long as it has a quorum. That entries are moved about
 * later makes no instance unready, or a rollout would make all of them so.
 */
final class GridReadiness extends ReadinessStateHealthIndicator {
  private final Grid grid;

  GridReadiness(ApplicationAvailability availability, Grid grid) {
    super(availability);
    this.grid = grid;
  }

  @Override
  protected AvailabilityState getState(ApplicationAvailability availability) {
    return grid.isReady() ? super.getState(availability) : ReadinessState.REFUSING_TRAFFIC;
  }
}
