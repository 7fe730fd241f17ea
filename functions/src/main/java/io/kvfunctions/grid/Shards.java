package io.kvfunctions.grid;

import io.kvfunctions.store.Instance;
import io.kvfunctions.store.Shard;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The shards of the partitions that this instance is the primary of: the order and the deadlines of
 * their entries.
 *
 * <p>A shard is made of what is in the partition when it is first asked for by a step there, and
 * kept in accord by every later one. Backups have none. So one that was made while this instance
 * was the primary is of no use once it has been a backup in between, and is forgotten with the
 * first sign of that: a change sent by another primary, or a migration.
 */
final class Shards {
  private final Instance instance;
  private final Partitions partitions;
  private final AtomicReferenceArray<@Nullable Shard> byPartition;

  Shards(Instance instance, Partitions partitions) {
    this.instance = instance;
    this.partitions = partitions;
    this.byPartition = new AtomicReferenceArray<>(partitions.count());
  }

  Partitions partitions() {
    return partitions;
  }

  /** The shard of a key's partition. Called within a step on a key of it, by its primary. */
  Shard of(String key) {
    int partition = partitions.of(key);
    Shard shard = byPartition.get(partition);
    if (shard == null) {
      Shard made = new Shard(instance);
      partitions.forEach(partition, made::add);
      byPartition.set(partition, made);
      shard = made;
    }
    return shard;
  }

  /** The shard of a partition, where there is one. */
  @Nullable Shard at(int partition) {
    return byPartition.get(partition);
  }

  /** Another is, or has been, the primary of the key's partition. */
  void forget(String key) {
    forget(partitions.of(key));
  }

  /** All that was kept here is gone, or about to be: this instance joins others. */
  void forgetAll() {
    for (int partition = 0; partition < byPartition.length(); partition++) {
      forget(partition);
    }
  }

  /** Another is, or has been, the primary of the partition. */
  void forget(int partition) {
    if (byPartition.get(partition) != null) {
      byPartition.set(partition, null);
    }
  }
}
