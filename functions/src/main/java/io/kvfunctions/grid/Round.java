package io.kvfunctions.grid;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an instance says of itself, for which it hears the same of the other: see {@link Quorum}.
 */
final class Round extends Task {
  private static final byte[] NONE = {};

  private @Nullable State state;

  /** To be read. */
  Round() {}

  Round(State state) {
    this.state = state;
  }

  /**
   * Who is not present here any more gets no answer: it was silent for so long that others may have
   * taken over what it holds, and has yet to notice.
   */
  @Override
  byte[] call(Site here) {
    State theirs = Objects.requireNonNull(state);
    if (!here.quorum().sees(theirs.id())) {
      return NONE;
    }
    return Reply.bytes(out -> here.quorum().exchange(theirs).writeTo(out));
  }

  /** What the other says of itself, null where it does not. */
  static @Nullable State read(byte[] reply) {
    if (reply.length == 0) {
      return null;
    }
    try {
      return State.readFrom(new DataInputStream(new ByteArrayInputStream(reply)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public int getClassId() {
    return Messages.ROUND;
  }

  @Override
  public void writeData(ObjectDataOutput out) throws IOException {
    Objects.requireNonNull(state).writeTo(out);
  }

  @Override
  public void readData(ObjectDataInput in) throws IOException {
    state = State.readFrom(in);
  }
}
