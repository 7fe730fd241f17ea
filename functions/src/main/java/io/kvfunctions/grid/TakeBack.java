package io.kvfunctions.grid;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.instance.impl.HazelcastInstanceImpl;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.spi.merge.MergingEntry;
import com.hazelcast.spi.merge.SplitBrainMergePolicy;
import io.kvfunctions.store.Entry;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the entries of those who were cut off and are back, one by one, at the primary
 * among those who were not: what is there stands. They answered nobody, so that what they have is
 * what the others had, or older. Only what the others lost is taken from them, and what is newer of
 * those who did answer: see {@link Losses}.
 */
public final class TakeBack extends Messages.Message
    implements SplitBrainMergePolicy<Object, MergingEntry<Object, Object>, Object>,
        HazelcastInstanceAware {
  private transient @Nullable Site site;

  /** Where the entries come from; null where that is this instance itself. */
  private transient Losses.@Nullable Brought from;

  /**
   * Has what this instance sends, should it join others, know where it comes from: of all that are
   * told, the engine leaves out the one that it makes of the class's name.
   */
  static void sentBy(HazelcastInstanceImpl engine) {
    TakeBack policy =
        (TakeBack)
            engine
                .node
                .getNodeEngine()
                .getSplitBrainMergePolicyProvider()
                .getMergePolicy(TakeBack.class.getName());
    policy.setHazelcastInstance(engine);
  }

  @Override
  public void setHazelcastInstance(HazelcastInstance engine) {
    site = Site.of(engine);
  }

  @Override
  public @Nullable Object merge(
      @Nullable MergingEntry<Object, Object> theirs, @Nullable MergingEntry<Object, Object> ours) {
    Site here = Objects.requireNonNull(site);
    MergingEntry<Object, Object> brought = Objects.requireNonNull(theirs);
    int partition = here.shards().partitions().of((String) brought.getKey());
    boolean isTaken =
        here.losses()
            .isToBeTaken(
                partition,
                (Entry) brought.getDeserializedValue(),
                from == null ? here.losses().brought() : from,
                ours == null ? null : (Entry) ours.getDeserializedValue());
    if (!isTaken) {
      return ours == null ? null : ours.getRawValue();
    }
    here.shards().forget(partition);
    return brought.getRawValue();
  }

  @Override
  public int getClassId() {
    return Messages.TAKE_BACK;
  }

  @Override
  public void writeData(ObjectDataOutput out) throws IOException {
    Losses.Brought brought = Objects.requireNonNull(site).losses().brought();
    out.writeString(brought.origin());
    out.writeBoolean(brought.answered());
  }

  @Override
  public void readData(ObjectDataInput in) throws IOException {
    from = new Losses.Brought(Objects.requireNonNull(in.readString()), in.readBoolean());
  }
}
