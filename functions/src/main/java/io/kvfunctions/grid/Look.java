package io.kvfunctions.grid;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.kvfunctions.store.Page;
import io.kvfunctions.store.Wire;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Has an instance list the first entries of the partitions that it is the primary of. */
final class Look extends Task {
  private String prefix = "";
  private @Nullable String after;
  private int limit;
  private BitSet partitions = new BitSet();

  /** To be read. */
  Look() {}

  Look(String prefix, @Nullable String after, int limit, BitSet partitions) {
    this.prefix = prefix;
    this.after = after;
    this.limit = limit;
    this.partitions = partitions;
  }

  /**
   * What it finds.
   *
   * @param covered the partitions it holds all of that is to be shown of them, up to the limit
   */
  record Found(BitSet covered, Page page) {}

  @Override
  byte[] call(Site here) {
    Found found = here.entries().look(prefix, after, limit, partitions);
    return Reply.bytes(
        out -> {
          byte[] covered = found.covered().toByteArray();
          out.writeInt(covered.length);
          out.write(covered);
          out.writeBoolean(found.page().more());
          out.writeInt(found.page().entries().size());
          for (Page.Item item : found.page().entries()) {
            Wire.writeItem(item, out);
          }
        });
  }

  static Found read(byte[] reply) {
    try {
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(reply));
      byte[] covered = new byte[in.readInt()];
      in.readFully(covered);
      boolean more = in.readBoolean();
      int size = in.readInt();
      List<Page.Item> items = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        items.add(Wire.readItem(in));
      }
      return new Found(BitSet.valueOf(covered), new Page(items, more));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public int getClassId() {
    return Messages.LOOK;
  }

  @Override
  public void writeData(ObjectDataOutput out) throws IOException {
    out.writeString(prefix);
    out.writeString(after);
    out.writeInt(limit);
    out.writeByteArray(partitions.toByteArray());
  }

  @Override
  public void readData(ObjectDataInput in) throws IOException {
    prefix = Objects.requireNonNull(in.readString());
    after = in.readString();
    limit = in.readInt();
    partitions = BitSet.valueOf(Objects.requireNonNull(in.readByteArray()));
  }
}
