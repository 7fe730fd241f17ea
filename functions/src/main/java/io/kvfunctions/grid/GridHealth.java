package io.kvfunctions.grid;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** How the grid stands: whether this instance answers, and where it does not why. */
record GridHealth(Grid grid) implements HealthIndicator {

  @Override
  public Health health() {
    Health.Builder health = grid.isReady() ? Health.up() : Health.outOfService();
    String why = grid.why();
    if (!why.isEmpty()) {
      health.withDetail("why", why);
    }
    Quorum.Status status = grid.quorum().status(System.nanoTime());
    return health
        .withDetail("instances", grid.instances())
        .withDetail("members", grid.members())
        .withDetail("counted", status.counted())
        .withDetail("present", status.present())
        .withDetail("heard", status.heard())
        .withDetail("safe", grid.isSafe())
        .build();
  }
}
