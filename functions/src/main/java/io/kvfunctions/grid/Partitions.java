package io.kvfunctions.grid;

import com.hazelcast.cluster.Member;
import com.hazelcast.instance.impl.HazelcastInstanceImpl;
import com.hazelcast.internal.partition.InternalPartitionService;
import com.hazelcast.internal.partition.PartitionReplica;
import com.hazelcast.internal.serialization.SerializationService;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.map.impl.MapServiceContext;
import com.hazelcast.map.impl.recordstore.RecordStore;
import com.hazelcast.spi.impl.NodeEngineImpl;
import io.kvfunctions.store.Entry;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The parts that the engine cuts the map into, each with a primary and backups. Looks behind the
 * engine's public face, as {@link Calls} does: that has no way to go through the entries of one
 * partition in a step, and every way to look an owner up asks for a key. Safe for any number of
 * threads.
 */
final class Partitions {
  private final NodeEngineImpl node;
  private final InternalPartitionService service;
  private final SerializationService serialization;
  private final String[] keys;

  Partitions(HazelcastInstanceImpl engine) {
    this.node = engine.node.getNodeEngine();
    this.service = node.getPartitionService();
    this.serialization = engine.getSerializationService();
    this.keys = new String[service.getPartitionCount()];
    int found = 0;
    for (int i = 0; found < keys.length; i++) {
      String key = Integer.toString(i);
      int partition = of(key);
      if (keys[partition] == null) {
        keys[partition] = key;
        found++;
      }
    }
  }

  int count() {
    return keys.length;
  }

  /** The partition of a key. */
  int of(String key) {
    return service.getPartitionId(serialization.toData(key));
  }

  /** Some key of the partition. */
  String keyIn(int partition) {
    return keys[partition];
  }

  /** Whether this instance is the primary. */
  boolean isHere(int partition) {
    return service.getPartition(partition, false).isLocal();
  }

  /** The primary, null where there is none at the moment. */
  @Nullable Member primary(int partition) {
    PartitionReplica owner = service.getPartition(partition).getOwnerReplicaOrNull();
    return owner == null ? null : node.getClusterService().getMember(owner.address(), owner.uuid());
  }

  /**
   * Goes through the entries of a partition that are kept here. To be called within a step on the
   * partition, or others may come in between.
   */
  void forEach(int partition, BiConsumer<String, Entry> each) {
    RecordStore<?> store = store(partition);
    if (store != null) {
      store.forEach(
          (key, record) ->
              each.accept(
                  Objects.requireNonNull(serialization.<String>toObject(key)),
                  Objects.requireNonNull(serialization.<Entry>toObject(record.getValue()))),
          false);
    }
  }

  /** How many entries of the partition are kept here, as its primary or a backup. */
  int size(int partition) {
    RecordStore<?> store = store(partition);
    return store == null ? 0 : store.size();
  }

  /** What the engine says that the partition's keys and entries take here, in bytes. */
  long bytes(int partition) {
    RecordStore<?> store = store(partition);
    return store == null ? 0 : store.getOwnedEntryCost();
  }

  private @Nullable RecordStore<?> store(int partition) {
    MapService maps = node.getService(MapService.SERVICE_NAME);
    MapServiceContext context = maps.getMapServiceContext();
    return context.getExistingRecordStore(partition, Engine.MAP);
  }

  /** Whether the engine may move them: not where it is about to join others. */
  boolean mayMove() {
    return node.getClusterService().isJoined()
        && node.getClusterService().getClusterState().isMigrationAllowed();
  }

  /**
   * Whether this instance has its share, nothing is to move, and all that it is the primary of has
   * all its backups, in step with it. Asks who keeps them, and waits for the answers, 10 s at most.
   * Has the partitions given out, which the engine would put off until one is first asked for.
   */
  boolean areSafeHere() {
    service.firstArrangement();
    return IntStream.range(0, count()).anyMatch(this::isHere) && service.isMemberStateSafe();
  }
}
