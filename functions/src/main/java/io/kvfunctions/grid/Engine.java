package io.kvfunctions.grid;

import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.ExecutorConfig;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.InterfacesConfig;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MergePolicyConfig;
import com.hazelcast.config.SerializationConfig;
import com.hazelcast.config.SerializerConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;
import io.kvfunctions.settings.KvSettings;
import io.kvfunctions.store.Entry;
import java.time.Duration;

/**
 * How the engine beneath the grid is set up: what it keeps, whom it talks to, when it takes another
 * for lost. One map of entries and two pools of threads, and nothing else that the engine could do.
 */
final class Engine {
  static final String MAP = "entries";
  static final String TASKS = "tasks";
  static final String ROUNDS = "rounds";

  /** The attribute of a member that says which instance it is, whenever it joins anew. */
  static final String INSTANCE = "instance";

  private Engine() {}

  /** Of the time to leave, how much may pass until the others agree that this one goes. */
  static Duration announcement(KvSettings.Grid grid) {
    return grid.leaveTimeout().dividedBy(4);
  }

  /** What is left of it to hand over what is kept here, in whole seconds. */
  static Duration handOver(KvSettings.Grid grid) {
    long seconds = grid.leaveTimeout().minus(announcement(grid)).toSeconds();
    return Duration.ofSeconds(Math.max(1, seconds));
  }

  /**
   * The set-up.
   *
   * @param id of this instance
   * @param site what tasks and steps find where they are carried out
   */
  static Config config(KvSettings.Grid grid, String id, Site site) {
    Config config = new Config();
    config.setClusterName(grid.clusterName());
    config.getMemberAttributeConfig().setAttribute(INSTANCE, id);
    config.getUserContext().put(Site.KEY, site);
    config.setAdvancedNetworkConfig(network(grid));
    config.setSerializationConfig(serialization());
    config.addMapConfig(map(grid));
    config.addExecutorConfig(new ExecutorConfig(TASKS, Site.TASKS_AT_ONCE));
    config.addExecutorConfig(new ExecutorConfig(ROUNDS, 1)); // which no other task is to hold up
    config.getMetricsConfig().setEnabled(false);
    config.getJetConfig().setEnabled(false);

    set(config, "hazelcast.logging.type", "slf4j");
    set(config, "hazelcast.logging.details.enabled", "false");
    set(config, "hazelcast.phone.home.enabled", "false");
    set(config, "hazelcast.health.monitoring.level", "OFF");
    // The application's own lifecycle says when to leave.
    set(config, "hazelcast.shutdownhook.enabled", "false");
    set(config, "hazelcast.graceful.shutdown.max.wait", seconds(handOver(grid)));
    // What is acknowledged has its backups: neither a backup that does not answer nor a primary
    // that is lost in the middle is passed over in silence. A pause is waited for.
    set(config, "hazelcast.operation.fail.on.indeterminate.state", "true");
    set(
        config,
        "hazelcast.operation.backup.timeout.millis",
        millis(grid.callTimeout().dividedBy(2)));
    set(config, "hazelcast.operation.call.timeout.millis", millis(grid.callTimeout()));
    set(config, "hazelcast.partition.migration.stale.read.disabled", "true");
    set(config, "hazelcast.heartbeat.interval.seconds", "1");
    set(config, "hazelcast.max.no.heartbeat.seconds", seconds(grid.suspectAfter()));
    // Who finds nobody waits this long for others that start at the same moment.
    set(config, "hazelcast.wait.seconds.before.join", "1");
    set(config, "hazelcast.max.wait.seconds.before.join", "5");
    // Those who started apart, or were cut off, look for the others soon, and not in five minutes.
    set(config, "hazelcast.merge.first.run.delay.seconds", "5");
    set(config, "hazelcast.merge.next.run.delay.seconds", "5");
    // Each thread more that a call goes by costs as much as what is done on it: an answer is taken
    // in by the thread that reads it, which only has to wake who waits; and of those that read and
    // those that carry out steps there are no more than keep the processors busy.
    int processors = Runtime.getRuntime().availableProcessors();
    set(config, "hazelcast.operation.response.thread.count", "0");
    set(config, "hazelcast.io.thread.count", Integer.toString(Math.max(1, processors / 4)));
    set(config, "hazelcast.operation.thread.count", Integer.toString(Math.max(1, processors / 2)));
    // Binds to the address it tells the others, and to no other.
    set(config, "hazelcast.socket.bind.any", "false");
    return config;
  }

  private static AdvancedNetworkConfig network(KvSettings.Grid grid) {
    // The endpoint of members, and with it neither one for clients nor for REST or WAN.
    ServerSocketEndpointConfig endpoint = new ServerSocketEndpointConfig();
    endpoint.setPort(grid.port());
    endpoint.setPortAutoIncrement(false);
    if (!grid.address().isEmpty()) {
      endpoint.setInterfaces(new InterfacesConfig().setEnabled(true).addInterface(grid.address()));
    }
    JoinConfig join = new JoinConfig();
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(false);
    if (grid.members().isEmpty()) {
      join.getKubernetesConfig()
          .setEnabled(true)
          .setProperty("service-dns", grid.dns())
          .setProperty("service-port", Integer.toString(grid.port()));
    } else {
      join.getTcpIpConfig().setEnabled(true).setMembers(grid.members());
    }
    AdvancedNetworkConfig network = new AdvancedNetworkConfig().setEnabled(true).setJoin(join);
    network.setMemberEndpointConfig(endpoint);
    return network;
  }

  private static MapConfig map(KvSettings.Grid grid) {
    return new MapConfig(MAP)
        .setBackupCount(grid.backups())
        .setAsyncBackupCount(0)
        .setReadBackupData(false)
        .setInMemoryFormat(InMemoryFormat.BINARY)
        .setPerEntryStatsEnabled(false)
        .setStatisticsEnabled(false)
        .setMergePolicyConfig(new MergePolicyConfig().setPolicy(TakeBack.class.getName()));
  }

  /**
   * What is read from others is entries, steps and tasks, in a form of our own. Java's
   * serialization, which may make anything of what it reads, is left to the engine for its own
   * exceptions.
   */
  static SerializationConfig serialization() {
    // Without the defaults, which let all of java.* in.
    JavaSerializationFilterConfig filter =
        new JavaSerializationFilterConfig().setDefaultsDisabled(true);
    filter
        .getWhitelist()
        .addPrefixes(
            "com.hazelcast.",
            "io.kvfunctions.",
            "java.lang.",
            "[Ljava.lang.",
            "java.util.concurrent.");
    filter
        .getWhitelist()
        .addClasses(
            "java.io.IOException",
            "java.io.EOFException",
            "java.net.ConnectException",
            "java.net.SocketException",
            "java.util.Collections$EmptyList",
            "java.util.Collections$UnmodifiableList",
            "java.util.Collections$UnmodifiableRandomAccessList",
            "java.util.Collections$UnmodifiableCollection",
            "java.util.ConcurrentModificationException",
            "java.util.NoSuchElementException");
    return new SerializationConfig()
        .addDataSerializableFactory(Messages.FACTORY, new Messages())
        .addSerializerConfig(
            new SerializerConfig()
                .setTypeClass(Entry.class)
                .setImplementation(new EntrySerializer()))
        .setJavaSerializationFilterConfig(filter)
        .setCheckClassDefErrors(true);
  }

  private static void set(Config config, String property, String value) {
    config.setProperty(property, value);
  }

  private static String seconds(Duration duration) {
    return Long.toString(Math.max(1, duration.toSeconds()));
  }

  private static String millis(Duration duration) {
    return Long.toString(duration.toMillis());
  }
}
