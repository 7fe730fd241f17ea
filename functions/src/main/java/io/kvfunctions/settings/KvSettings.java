package io.kvfunctions.settings;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * All settings under {@code kv.}; a test pins every name and default, and the README's table is
 * checked against it.
 *
 * @param limits what is taken at most
 * @param http how the HTTP edge deals with connections
 * @param expiry how the memory of expired entries comes back
 * @param events what is remembered of events, and what they write
 * @param grid how several instances share one map
 */
@ConfigurationProperties(prefix = "kv", ignoreUnknownFields = false)
public record KvSettings(
    @DefaultValue Limits limits,
    @DefaultValue Http http,
    @DefaultValue Expiry expiry,
    @DefaultValue Events events,
    @DefaultValue Grid grid) {

  private static final long MEGABYTE = 1 << 20;
  private static final long GIGABYTE = 1 << 30;
  private static final Duration LEAST_TIME = Duration.ofMillis(1);
  private static final Duration MOST_TIME = Duration.ofHours(24);
  private static final int MOST_REMEMBERED = 10_000;
  private static final Pattern ATTRIBUTE = Pattern.compile("[a-z0-9]+");

  /**
   * Every setting under its full name, as {@code kv.limits.key}, its value as one would write it.
   */
  public Map<String, String> byName() {
    Map<String, String> byName = new LinkedHashMap<>();
    collect("kv", this, byName);
    return byName;
  }

  private static void collect(String name, Object value, Map<String, String> byName) {
    if (value instanceof HeapShare || value instanceof Hidden || !(value instanceof Record group)) {
      byName.put(name, text(value));
      return;
    }
    for (RecordComponent component : group.getClass().getRecordComponents()) {
      try {
        collect(
            name + "." + DataObjectPropertyName.toDashedForm(component.getName()),
            component.getAccessor().invoke(group),
            byName);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static String text(Object value) {
    String text =
        switch (value) {
          case DataSize size -> text(size);
          case Duration duration -> text(duration);
          case List<?> list -> list.stream().map(KvSettings::text).collect(Collectors.joining(","));
          default -> value.toString();
        };
    return text.isEmpty() ? "none" : text;
  }

  static String text(DataSize size) {
    long bytes = size.toBytes();
    if (bytes > 0 && bytes % (1 << 20) == 0) {
      return bytes / (1 << 20) + "MB";
    }
    return bytes > 0 && bytes % (1 << 10) == 0 ? bytes / (1 << 10) + "KB" : bytes + "B";
  }

  private static String text(Duration duration) {
    if (duration.toNanosPart() != 0) {
      return duration.toMillis() + "ms";
    }
    long seconds = duration.toSeconds();
    return seconds > 0 && seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }

  /**
   * {@code kv.limits.*}: what is taken at most. Beyond it a request is refused and changes nothing.
   *
   * @param key bytes of a key in UTF-8
   * @param value bytes of a value
   * @param memory what all entries together may hold, keys and overhead included: a share of the
   *     heap, or a size
   * @param body bytes of the body of a function call, and of one line of NDJSON
   * @param batch elements of an array
   * @param buffers bytes that are held for clients while they send a body or take their time with
   *     an answer, over all connections: a share of the heap, or a size
   */
  public record Limits(
      @DefaultValue("1KB") DataSize key,
      @DefaultValue("1MB") DataSize value,
      @DefaultValue("50%") HeapShare memory,
      @DefaultValue("16MB") DataSize body,
      @DefaultValue("10000") int batch,
      @DefaultValue("10%") HeapShare buffers) {
    public Limits {
      requireSize("kv.limits.key", key, 1, MEGABYTE);
      requireSize("kv.limits.value", value, 0, GIGABYTE);
      requireSize("kv.limits.body", body, 1, GIGABYTE);
      requireCount("kv.limits.batch", batch);
      long heap = Runtime.getRuntime().maxMemory();
      require(
          memory.bytesOf(heap) + buffers.bytesOf(heap) <= heap,
          "kv.limits.memory (%s) and kv.limits.buffers (%s) are together more than the heap of %s (-Xmx)"
              .formatted(memory, buffers, text(DataSize.ofBytes(heap))));
    }
  }

  /**
   * {@code kv.http.*}: how the HTTP edge deals with connections.
   *
   * @param connections how many may be open at once; one more is told so and closed
   * @param target bytes of a request line
   * @param headers bytes of all header fields of a request
   * @param readTimeout how long a request's head may take to arrive, and how long its body may
   *     stand still
   * @param minRate bytes a second below which a body is too slow, over any {@code readTimeout}, and
   *     the taking of an answer, over any {@code writeTimeout}
   * @param writeTimeout how long a client may take nothing of its answer
   * @param idleTimeout how long a connection may stay open between requests
   * @param drainTimeout how long a stop waits for requests in flight
   */
  public record Http(
      @DefaultValue("10000") int connections,
      @DefaultValue("8KB") DataSize target,
      @DefaultValue("16KB") DataSize headers,
      @DefaultValue("30s") Duration readTimeout,
      @DefaultValue("1KB") DataSize minRate,
      @DefaultValue("30s") Duration writeTimeout,
      @DefaultValue("2m") Duration idleTimeout,
      @DefaultValue("20s") Duration drainTimeout) {
    public Http {
      requireCount("kv.http.connections", connections);
      requireSize("kv.http.target", target, 64, MEGABYTE);
      requireSize("kv.http.headers", headers, 64, MEGABYTE);
      requireTime("kv.http.read-timeout", readTimeout);
      requireSize("kv.http.min-rate", minRate, 0, GIGABYTE);
      requireTime("kv.http.write-timeout", writeTimeout);
      requireTime("kv.http.idle-timeout", idleTimeout);
      requireTime("kv.http.drain-timeout", drainTimeout);
    }
  }

  /**
   * {@code kv.expiry.*}: how the memory of expired entries comes back. What a client sees does not
   * depend on it.
   *
   * @param interval from one sweep to the next
   * @param batch entries a pass removes at most; the next pass follows at once while there are more
   */
  public record Expiry(@DefaultValue("100ms") Duration interval, @DefaultValue("1000") int batch) {
    public Expiry {
      requireTime("kv.expiry.interval", interval);
      requireCount("kv.expiry.batch", batch);
    }
  }

  /**
   * {@code kv.events.*}: what is remembered of events, and what they write.
   *
   * @param window how long an event that was applied is remembered, so that it is not applied
   *     again, nor one that tells of something earlier
   * @param remembered events that are remembered of a key, at most; the ones applied last
   * @param key attributes of an event that may name the key it writes, the first that it has counts
   */
  public record Events(
      @DefaultValue("15m") Duration window,
      @DefaultValue("100") int remembered,
      @DefaultValue({"key", "subject"}) List<String> key) {
    public Events {
      requireTime("kv.events.window", window);
      require(
          remembered >= 1 && remembered <= MOST_REMEMBERED,
          "kv.events.remembered is %d, it can be 1 to %d".formatted(remembered, MOST_REMEMBERED));
      require(!key.isEmpty(), "kv.events.key is empty, it names at least one attribute");
      for (String attribute : key) {
        require(
            ATTRIBUTE.matcher(attribute).matches(),
            "kv.events.key names %s, an attribute has lower-case letters and digits"
                .formatted(attribute));
      }
      key = List.copyOf(key);
    }
  }

  /**
   * {@code kv.grid.*}: how several instances share one map. Off where neither {@code members} nor
   * {@code dns} is set.
   *
   * @param members where instances may be, each {@code host:port}; this one may be among them
   * @param dns the name of a headless Service of Kubernetes, behind which all instances are
   * @param instances how many there are when none is being replaced, the same everywhere
   * @param backups how many instances hold a copy of each entry beside its primary
   * @param cluster the name that all have in common, and that keeps others out
   * @param clusterFile a file that holds this name, say from a Secret
   * @param address which address of this machine the member port is bound to; nothing for one that
   *     the others can reach, as far as that can be told
   * @param port the member port
   * @param suspectAfter how long an instance may be silent before the others take it for lost
   * @param callTimeout how long a call waits for another instance
   * @param leaveTimeout how long a stop may take to hand the entries over
   */
  public record Grid(
      @DefaultValue List<String> members,
      @DefaultValue("") String dns,
      @DefaultValue("0") int instances,
      @DefaultValue("1") int backups,
      @DefaultValue("kv-functions") Hidden cluster,
      @DefaultValue("") String clusterFile,
      @DefaultValue("") String address,
      @DefaultValue("5701") int port,
      @DefaultValue("10s") Duration suspectAfter,
      @DefaultValue("10s") Duration callTimeout,
      @DefaultValue("60s") Duration leaveTimeout) {
    private static final int MOST_INSTANCES = 100;
    private static final int MOST_BACKUPS = 6;

    public Grid {
      members = List.copyOf(members);
      require(
          members.isEmpty() || dns.isEmpty(),
          "kv.grid.members and kv.grid.dns are both set, one says where the instances are");
      if (!members.isEmpty() || !dns.isEmpty()) {
        require(
            instances >= 1 && instances <= MOST_INSTANCES,
            "kv.grid.instances is %d, a grid has 1 to %d".formatted(instances, MOST_INSTANCES));
      }
      require(
          backups >= 0 && backups <= MOST_BACKUPS,
          "kv.grid.backups is %d, it can be 0 to %d".formatted(backups, MOST_BACKUPS));
      require(
          port >= 1 && port <= 65_535, "kv.grid.port is %d, it can be 1 to 65535".formatted(port));
      require(
          suspectAfter.compareTo(Duration.ofSeconds(3)) >= 0
              && suspectAfter.compareTo(Duration.ofMinutes(5)) <= 0,
          "kv.grid.suspect-after is %s, it can be 3s to 5m".formatted(text(suspectAfter)));
      requireTime("kv.grid.call-timeout", callTimeout);
      requireTime("kv.grid.leave-timeout", leaveTimeout);
    }

    /** Whether there is a grid at all. */
    public boolean isOn() {
      return !members.isEmpty() || !dns.isEmpty();
    }

    /**
     * The name that all instances have in common.
     *
     * @throws IllegalArgumentException if the file that holds it cannot be read, or is empty
     */
    public String clusterName() {
      if (clusterFile.isEmpty()) {
        return cluster.text();
      }
      try {
        String name = Files.readString(Path.of(clusterFile)).strip();
        require(
            !name.isEmpty(),
            "kv.grid.cluster-file names %s, which is empty".formatted(clusterFile));
        return name;
      } catch (IOException e) {
        throw new IllegalArgumentException(
            "kv.grid.cluster-file names %s, which cannot be read: %s".formatted(clusterFile, e), e);
      }
    }
  }

  private static void requireSize(String name, DataSize size, long least, long most) {
    require(
        size.toBytes() >= least && size.toBytes() <= most,
        "%s is %s, it can be %s to %s"
            .formatted(
                name, text(size), text(DataSize.ofBytes(least)), text(DataSize.ofBytes(most))));
  }

  private static void requireCount(String name, int count) {
    require(count >= 1, "%s is %d, it can be 1 or more".formatted(name, count));
  }

  private static void requireTime(String name, Duration time) {
    require(
        time.compareTo(LEAST_TIME) >= 0 && time.compareTo(MOST_TIME) <= 0,
        "%s is %s, it can be 1ms to 24h".formatted(name, text(time)));
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
