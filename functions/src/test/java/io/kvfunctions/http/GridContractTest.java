package io.kvfunctions.http;

import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.kvfunctions.grid.TestGrid;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/**
 * The same contract as {@link ContractTest}, of three instances that share one map: each step goes
 * to another of them.
 *
 * <p>But for the memory budget, which each instance has for itself: what fills one does not fill
 * three. {@code GridTest} sees to that.
 */
class GridContractTest {
  private static final Map<Map<String, String>, TestGrid> GRIDS = new HashMap<>();

  @TestFactory
  Stream<DynamicNode> http() {
    return replay("http");
  }

  @TestFactory
  Stream<DynamicNode> functions() {
    return replay("functions");
  }

  @TestFactory
  Stream<DynamicNode> events() {
    return replay("events");
  }

  @AfterAll
  static void stop() {
    GRIDS.values().forEach(TestGrid::close);
    GRIDS.clear();
  }

  private static Stream<DynamicNode> replay(String folder) {
    String only = System.getProperty("contract.only", "");
    Map<String, List<DynamicNode>> files = new LinkedHashMap<>();
    for (ContractCase one : TestData.cases(folder)) {
      if (one.settings().containsKey("kv.limits.memory")) {
        continue;
      }
      if (one.file().contains(only) || one.name().contains(only)) {
        files
            .computeIfAbsent(one.file(), file -> new ArrayList<>())
            .add(dynamicTest(one.name(), () -> new ContractRunner(grid(one)).run(one)));
      }
    }
    return files.entrySet().stream().map(file -> dynamicContainer(file.getKey(), file.getValue()));
  }

  /** One grid for all cases that want the same settings. */
  private static ContractTarget grid(ContractCase one) {
    TestGrid grid = GRIDS.computeIfAbsent(one.settings(), TestGrid::start);
    // Of several connections in turn, some would be left idle for too long.
    List<Integer> ports =
        one.settings().containsKey("kv.http.idle-timeout")
            ? grid.ports().subList(0, 1)
            : grid.ports();
    return new ContractTarget("127.0.0.1", ports, grid.clock());
  }
}
