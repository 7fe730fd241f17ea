package io.kvfunctions.grid;

import io.kvfunctions.SettableClock;
import io.kvfunctions.http.Await;
import io.kvfunctions.http.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * Three instances in this JVM that share one map, and a clock that stands still until it is moved.
 */
public final class TestGrid implements AutoCloseable {
  private static final int INSTANCES = 3;

  private final SettableClock clock;
  private final List<TestServer> servers;

  private TestGrid(
      Map<String, String> settings,
      String cluster,
      List<Integer> memberPorts,
      List<Integer> reached,
      SettableClock clock) {
    this.clock = clock;
    List<CompletableFuture<TestServer>> starting = new ArrayList<>();
    for (int port : memberPorts) {
      Map<String, String> all = new HashMap<>(settings);
      all.put(
          "kv.grid.members",
          String.join(",", reached.stream().map(each -> "127.0.0.1:" + each).toList()));
      all.put("kv.grid.address", "127.0.0.1");
      all.put("kv.grid.port", Integer.toString(port));
      all.put("kv.grid.instances", Integer.toString(memberPorts.size()));
      all.put("kv.grid.cluster", cluster);
      starting.add(CompletableFuture.supplyAsync(() -> TestServer.start(all, clock)));
    }
    servers = starting.stream().map(CompletableFuture::join).toList();
    for (TestServer server : servers) {
      Await.until("ready", () -> server.context().getBean(Grid.class).isReady());
    }
  }

  /** Starts three instances with these settings, and the defaults for all others. */
  public static TestGrid start(Map<String, String> settings) {
    List<Integer> ports = freePorts(INSTANCES);
    return new TestGrid(
        settings, UUID.randomUUID().toString(), ports, ports, TestServer.clockAtRest());
  }

  /**
   * Starts instances that look for others at these member ports, which may be more than their own.
   *
   * @param cluster the name of the cluster
   * @param memberPorts one for each instance
   */
  static TestGrid start(
      String cluster, List<Integer> memberPorts, List<Integer> reached, SettableClock clock) {
    return new TestGrid(Map.of(), cluster, memberPorts, reached, clock);
  }

  /** Those that HTTP is spoken at. */
  public List<Integer> ports() {
    return servers.stream().map(TestServer::port).toList();
  }

  public List<TestServer> servers() {
    return servers;
  }

  public Optional<Consumer<Duration>> clock() {
    return Optional.of(clock::move);
  }

  /** Below the range from which the system itself takes ports, so that none is taken meanwhile. */
  static List<Integer> freePorts(int count) {
    Set<Integer> ports = new LinkedHashSet<>();
    while (ports.size() < count) {
      int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        ports.add(socket.getLocalPort());
      } catch (IOException taken) {
        // another will do
      }
    }
    return List.copyOf(ports);
  }

  @Override
  public void close() {
    servers.parallelStream().forEach(TestServer::close);
  }
}
