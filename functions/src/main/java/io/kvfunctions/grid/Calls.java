package io.kvfunctions.grid;

import com.hazelcast.instance.impl.HazelcastInstanceImpl;
import com.hazelcast.internal.partition.InternalPartitionService;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.internal.serialization.SerializationService;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.impl.MapEntries;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.map.impl.operation.MapOperation;
import com.hazelcast.map.impl.operation.MapOperationProvider;
import com.hazelcast.spi.impl.NodeEngineImpl;
import com.hazelcast.spi.impl.operationservice.OperationService;
import io.kvfunctions.store.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Calls of the map, by the engine's back door.
 *
 * <p>What comes by the front door, of {@code getAsync} and {@code submitToKey}, is given to an
 * executor once it is answered, only to be put into another future: to a new thread of the system,
 * started for each call, where there are fewer than three processors, and to the common pool
 * elsewhere. The calls that wait, {@code get} and {@code executeOnKey}, do so without an end where
 * a member is frozen. Here is what both are made of.
 *
 * <p>None of them waits or throws: what becomes of a call its answer tells, a failure too. Safe for
 * any number of threads.
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

  /** Has the primaries of the keys say what the entries are; {@link #entries} reads them. */
  CompletableFuture<Map<Integer, Object>> getAll(Set<String> keys) {
    List<Data> data = new ArrayList<>(keys.size());
    Set<Integer> partitionsOfKeys = new HashSet<>();
    for (String key : keys) {
      Data each = serialization.toData(key);
      data.add(each);
      partitionsOfKeys.add(partitions.getPartitionId(each));
    }
    try {
      return operations.invokeOnPartitionsAsync(
          MapService.SERVICE_NAME,
          provider.createGetAllOperationFactory(Engine.MAP, data),
          partitionsOfKeys);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private CompletableFuture<Data> invoke(Data key, MapOperation operation) {
    try {
      return operations
          .createInvocationBuilder(
              MapService.SERVICE_NAME, operation, partitions.getPartitionId(key))
          .setResultDeserialized(false)
          .invoke();
    } catch (RuntimeException e) { // as where the engine has ended
      return CompletableFuture.failedFuture(e);
    }
  }

  /** The entry that {@link #get} was answered with. */
  @Nullable Entry entry(@Nullable Data answer) {
    return answer == null ? null : serialization.<Entry>toObject(answer);
  }

  /** The entries that {@link #getAll} was answered with, by key. */
  Map<String, Entry> entries(Map<Integer, Object> answers) {
    Map<String, Entry> found = new HashMap<>();
    for (Object answer : answers.values()) {
      MapEntries entries = Objects.requireNonNull(serialization.<MapEntries>toObject(answer));
      for (int i = 0; i < entries.size(); i++) {
        found.put(
            Objects.requireNonNull(serialization.<String>toObject(entries.getKey(i))),
            Objects.requireNonNull(serialization.<Entry>toObject(entries.getValue(i))));
      }
    }
    return found;
  }

  /** What a step that was {@linkplain #submit submitted} has answered. */
  byte[] reply(@Nullable Data answer) {
    return Objects.requireNonNull(serialization.<byte[]>toObject(answer));
  }
}
