package io.kvfunctions.grid;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.kvfunctions.store.Entry;
import io.kvfunctions.store.Mutation;
import io.kvfunctions.store.Unchanged;
import io.kvfunctions.store.Wire;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A mutation as the engine carries it out: by the key's primary, in one step on the key. What comes
 * of it goes back as bytes (see {@link Reply}).
 *
 * <p>The backups are not sent the mutation but the entry that came of it: what a mutation comes to
 * hangs on the clock, the etags and the budget of whoever carries it out.
 */
@SuppressWarnings("serial") // written and read by its own methods
final class Step extends Messages.Message
    implements EntryProcessor<String, Entry, byte[]>, HazelcastInstanceAware {
  private @Nullable Mutation<?> mutation;

  // Where it is carried out.
  private transient @Nullable Site site;
  private transient boolean isForBackups;
  private transient @Nullable Entry after;

  /** To be read. */
  Step() {}

  Step(Mutation<?> mutation) {
    this.mutation = mutation;
  }

  @Override
  public void setHazelcastInstance(HazelcastInstance engine) {
    site = Site.of(engine);
  }

  @Override
  public byte[] process(Map.Entry<String, Entry> slot) {
    Site here = Objects.requireNonNull(site);
    isForBackups = false;
    String refusal = here.refusal(slot.getKey());
    if (refusal != null) {
      return Reply.refused(refusal);
    }
    @Nullable Entry current = slot.getValue();
    Mutation.Result<?> result =
        Objects.requireNonNull(mutation)
            .apply(slot.getKey(), current, here.shards().of(slot.getKey()));
    after = result.entry();
    if (after != current) {
      slot.setValue(after);
    }
    isForBackups = after != current || acknowledges(result.outcome());
    return Reply.of(result.outcome());
  }

  /**
   * Whether the outcome tells that a write is done, be it by another: a delete of nothing, an event
   * that came before. What it rests on may be under way to the backups still, and would be lost
   * with this primary.
   */
  private boolean acknowledges(@Nullable Object outcome) {
    return mutation instanceof Mutation.Write<?>
        && !(outcome instanceof Unchanged.Rejected)
        && !(outcome instanceof Unchanged.Full);
  }

  /** Asked for once the step was carried out, of the object that did. */
  @Override
  public @Nullable EntryProcessor<String, Entry, byte[]> getBackupProcessor() {
    return isForBackups ? new After(after) : null;
  }

  @Override
  public int getClassId() {
    return Messages.STEP;
  }

  @Override
  public void writeData(ObjectDataOutput out) throws IOException {
    Wire.writeMutation(Objects.requireNonNull(mutation), out);
  }

  @Override
  public void readData(ObjectDataInput in) throws IOException {
    mutation = Wire.readMutation(in);
  }

  /** What stands under the key after a step, for its backups. */
  @SuppressWarnings("serial") // written and read by its own methods
  static final class After extends Messages.Message
      implements EntryProcessor<String, Entry, byte[]>, HazelcastInstanceAware {
    private @Nullable Entry entry;
    private transient @Nullable Site site;

    /** To be read. */
    After() {}

    After(@Nullable Entry entry) {
      this.entry = entry;
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance engine) {
      site = Site.of(engine);
    }

    @Override
    public byte @Nullable [] process(Map.Entry<String, Entry> slot) {
      Objects.requireNonNull(site).shards().forget(slot.getKey());
      slot.setValue(entry);
      return null;
    }

    @Override
    public @Nullable EntryProcessor<String, Entry, byte[]> getBackupProcessor() {
      return null;
    }

    @Override
    public int getClassId() {
      return Messages.AFTER;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
      out.writeBoolean(entry != null);
      if (entry != null) {
        Wire.writeEntry(entry, out);
      }
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
      entry = in.readBoolean() ? Wire.readEntry(in) : null;
    }
  }
}
