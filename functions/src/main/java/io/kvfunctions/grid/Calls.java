package io.kvfunctions.grid;

import com.hazelcast.instance.impl.HazelcastInstanceImpl;
import com.hazelcast.internal.partition.InternalPartitionService;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.internal.serialization.SerializationService;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.map.impl.operation.MapOperation;
import com.hazelcast.map.impl.operation.MapOperationProvider;
import com.hazelcast.spi.impl.NodeEngineImpl;
import com.hazelcast.spi.impl.operationservice.OperationService;
import io.kvfunctions.store.Entry;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Calls of the map on one key each, by the engine's back door.
 *
 * <p>What comes by the front door, of {@code getAsync} and {@code submitToKey}, is given to an
 * executor once it is answered, only to be put into another future: to a new thread of the system,
 * started for each call, where there are fewer than three processors, and to the common pool
 * elsewhere. The calls that wait, {@code get} and {@code executeOnKey}, do so without an end where
 * a member is frozen. Here is what both are made of.
 *
 * <p>Safe for any number of threads.
 */
final class Calls {
  private final InternalPartitionService partitions;
  private final OperationService operations;
  private final MapOperationProvider provider;
  private final SerializationService serialization;

  Calls(HazelcastInstanceImpl engine) {
    NodeEngineImpl node = engine.node.getNodeEngine();
    MapService maps = node.getService(MapService.SERVICE_NAME);
    partitions = node.getPartitionService();
    operations = node.getOperationService();
    provider = maps.getMapServiceContext().getMapOperationProvider(Engine.MAP);
    serialization = engine.getSerializationService();
  }

  /** Has the key's primary say what the entry is; {@link #entry} reads it. */
  CompletableFuture<Data> get(String key) {
    Data data = serialization.toData(key);
    return invoke(data, provider.createGetOperation(Engine.MAP, data));
  }

  /** Has the key's primary carry out a step; {@link #reply} reads what it answers. */
  CompletableFuture<Data> submit(String key, EntryProcessor<String, Entry, byte[]> step) {
    Data data = serialization.toData(key);
    return invoke(data, provider.createEntryOperation(Engine.MAP, data, step));
  }

  private CompletableFuture<Data> invoke(Data key, MapOperation operation) {
    return operations
        .createInvocationBuilder(MapService.SERVICE_NAME, operation, partitions.getPartitionId(key))
        .setResultDeserialized(false)
        .invoke();
  }

  /** The entry that {@link #get} was answered with. */
  @Nullable Entry entry(@Nullable Data answer) {
    return answer == null ? null : serialization.<Entry>toObject(answer);
  }

  /** What a step that was {@linkplain #submit submitted} has answered. */
  byte[] reply(@Nullable Data answer) {
    return Objects.requireNonNull(serialization.<byte[]>toObject(answer));
  }
}
