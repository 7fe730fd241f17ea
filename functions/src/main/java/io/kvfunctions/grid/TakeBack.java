package io.kvfunctions.grid;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.spi.merge.MergingEntry;
import com.hazelcast.spi.merge.SplitBrainMergePolicy;
import io.kvfunctions.store.Entry;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the entries of those who were cut off and are back, one by one, at the primary
 * among those who were not: what is there stands. They answered nobody, so that what they have is
 * what the others had, or older. Only what the others lost is taken from them: see {@link Losses}.
 */
public final class TakeBack extends Messages.Message
    implements SplitBrainMergePolicy<Object, MergingEntry<Object, Object>, Object>,
        HazelcastInstanceAware {
  private transient @Nullable Site site;

  @Override
  public void setHazelcastInstance(HazelcastInstance engine) {
    site = Site.of(engine);
  }

  @Override
  public @Nullable Object merge(
      @Nullable MergingEntry<Object, Object> theirs, @Nullable MergingEntry<Object, Object> ours) {
    if (ours != null) {
      return ours.getRawValue();
    }
    Site here = Objects.requireNonNull(site);
    String key = (String) Objects.requireNonNull(theirs).getKey();
    Entry entry = (Entry) theirs.getDeserializedValue();
    int partition = here.shards().partitions().of(key);
    if (!here.losses().isToBeTaken(partition, entry)) {
      return null;
    }
    here.shards().forget(partition);
    return theirs.getRawValue();
  }

  @Override
  public int getClassId() {
    return Messages.TAKE_BACK;
  }

  @Override
  public void writeData(ObjectDataOutput out) {}

  @Override
  public void readData(ObjectDataInput in) {}
}
