package io.kvfunctions.grid;

import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/** How the grid stands, for people: whether this instance answers, and where it does not why. */
@Endpoint(id = "grid")
final class GridEndpoint {
  private final Grid grid;

  GridEndpoint(Grid grid) {
    this.grid = grid;
  }

  /** All there is to say. */
  @ReadOperation
  Map<String, Object> status() {
    Quorum.Status status = grid.quorum().status(System.nanoTime());
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("ready", grid.isReady());
    String why = grid.why();
    if (!why.isEmpty()) {
      told.put("why", why);
    }
    told.put("instances", grid.instances());
    told.put("members", grid.members());
    told.put("counted", status.counted());
    told.put("present", status.present());
    told.put("heard", status.heard());
    told.put("safe", grid.safety().isSafe());
    told.put("partitionsLost", grid.partitionsLost());
    return told;
  }
}
