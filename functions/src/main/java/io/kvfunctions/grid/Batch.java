package io.kvfunctions.grid;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.kvfunctions.store.Change;
import io.kvfunctions.store.Wire;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * An instance's share of several mutations: those of keys it is the primary of. It answers with the
 * reply to each, in their order.
 */
final class Batch extends Task {
  private List<? extends Change<?>> changes = List.of();

  /** To be read. */
  Batch() {}

  Batch(List<? extends Change<?>> changes) {
    this.changes = changes;
  }

  @Override
  byte[] call(Site here) {
    List<byte[]> replies = here.entries().carryOut(changes);
    return Reply.bytes(
        out -> {
          for (byte[] reply : replies) {
            out.writeInt(reply.length);
            out.write(reply);
          }
        });
  }

  /** The replies that it was answered with. */
  static List<byte[]> read(byte[] reply) {
    try {
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(reply));
      List<byte[]> replies = new ArrayList<>();
      while (in.available() > 0) {
        byte[] one = new byte[in.readInt()];
        in.readFully(one);
        replies.add(one);
      }
      return replies;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public int getClassId() {
    return Messages.BATCH;
  }

  @Override
  public void writeData(ObjectDataOutput out) throws IOException {
    out.writeInt(changes.size());
    for (Change<?> change : changes) {
      out.writeString(change.key());
      Wire.writeMutation(change.mutation(), out);
    }
  }

  @Override
  public void readData(ObjectDataInput in) throws IOException {
    int size = in.readInt();
    List<Change<?>> read = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      String key = Objects.requireNonNull(in.readString());
      read.add(new Change<>(key, Wire.readMutation(in)));
    }
    changes = read;
  }
}
