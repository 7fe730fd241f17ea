package io.kvfunctions.http;

import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Replays the contract that stands as data in {@code test-data/} over real connections. {@code
 * -Dcontract.only=ttl} runs the cases whose file or name has {@code ttl} in it.
 */
@ParameterizedClass
@EnumSource
class ContractTest {
  private static final Map<Map<String, String>, TestServer> SERVERS = new HashMap<>();

  @Parameter TestMap map;

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

  @AfterParameterizedClassInvocation
  static void stop() {
    SERVERS.values().forEach(TestServer::close);
    SERVERS.clear();
  }

  private Stream<DynamicNode> replay(String folder) {
    String only = System.getProperty("contract.only", "");
    Map<String, List<DynamicNode>> files = new LinkedHashMap<>();
    for (ContractCase one : TestData.cases(folder)) {
      if (one.file().contains(only) || one.name().contains(only)) {
        files
            .computeIfAbsent(one.file(), file -> new ArrayList<>())
            .add(dynamicTest(one.name(), () -> new ContractRunner(server(one).target()).run(one)));
      }
    }
    return files.entrySet().stream().map(file -> dynamicContainer(file.getKey(), file.getValue()));
  }

  /** One server for all cases that want the same settings. */
  private TestServer server(ContractCase one) {
    return SERVERS.computeIfAbsent(one.settings(), map::start);
  }
}
