package io.kvfunctions.grid;

import com.hazelcast.core.ReadOnly;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.kvfunctions.store.Entry;
import io.kvfunctions.store.Page;
import io.kvfunctions.store.Wire;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Has the primary of a key answer with what a listing tells of the entry, without its value. */
@SuppressWarnings("serial") // written and read by its own methods
final class Describe extends Messages.Message
    implements EntryProcessor<String, Entry, byte[]>, ReadOnly {
  private static final byte[] NOTHING = {};

  private long nowMillis;

  /** To be read. */
  Describe() {}

  Describe(long nowMillis) {
    this.nowMillis = nowMillis;
  }

  @Override
  public byte[] process(Map.Entry<String, Entry> slot) {
    Page.Item item = Page.Item.of(slot.getKey(), slot.getValue(), nowMillis);
    return item == null ? NOTHING : Reply.bytes(out -> Wire.writeItem(item, out));
  }

  /** What it was answered with, null where there is nothing to be shown. */
  static Page.@Nullable Item read(byte[] reply) {
    try {
      return reply.length == 0
          ? null
          : Wire.readItem(new DataInputStream(new ByteArrayInputStream(reply)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public @Nullable EntryProcessor<String, Entry, byte[]> getBackupProcessor() {
    return null;
  }

  @Override
  public int getClassId() {
    return Messages.DESCRIBE;
  }

  @Override
  public void writeData(ObjectDataOutput out) throws IOException {
    out.writeLong(nowMillis);
  }

  @Override
  public void readData(ObjectDataInput in) throws IOException {
    nowMillis = in.readLong();
  }
}
