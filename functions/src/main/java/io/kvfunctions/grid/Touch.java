package io.kvfunctions.grid;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.core.ReadOnly;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.kvfunctions.store.Entry;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Has the primary of a key's partition have a shard for it, and changes nothing. */
@SuppressWarnings("serial") // written and read by its own methods
final class Touch extends Messages.Message
    implements EntryProcessor<String, Entry, byte[]>, ReadOnly, HazelcastInstanceAware {
  private transient @Nullable Site site;

  @Override
  public void setHazelcastInstance(HazelcastInstance engine) {
    site = Site.of(engine);
  }

  @Override
  public byte @Nullable [] process(Map.Entry<String, Entry> slot) {
    Objects.requireNonNull(site).shards().of(slot.getKey());
    return null;
  }

  @Override
  public @Nullable EntryProcessor<String, Entry, byte[]> getBackupProcessor() {
    return null;
  }

  @Override
  public int getClassId() {
    return Messages.TOUCH;
  }

  @Override
  public void writeData(ObjectDataOutput out) {}

  @Override
  public void readData(ObjectDataInput in) {}
}
