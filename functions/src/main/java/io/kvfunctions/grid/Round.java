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
 * What an instance says of itself and of its losses, for which it hears the same of the other: see
 * {@link Quorum} and {@link Losses}.
 */
final class Round extends Task {
  private static final byte[] NONE = {};

  private @Nullable State state;
  private byte[] losses = NONE;

  /** To be read. */
  Round() {}

  Round(State state, Losses losses) {
    this.state = state;
    this.losses = Reply.bytes(out -> losses.writeTo(out, System.nanoTime()));
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
    hear(new DataInputStream(new ByteArrayInputStream(losses)), here.losses());
    return Reply.bytes(
        out -> {
          here.quorum().exchange(theirs).writeTo(out);
          here.losses().writeTo(out, System.nanoTime());
        });
  }

  /**
   * Hears what the other answers, if it does.
   *
   * @param sentNanos from before this was made
   */
  static void heard(byte[] reply, Site here, long sentNanos) {
    if (reply.length == 0) {
      return;
    }
    try {
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(reply));
      State theirs = State.readFrom(in);
      hear(in, here.losses());
      here.quorum().heard(theirs, sentNanos);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void hear(DataInputStream in, Losses losses) {
    try {
      losses.readFrom(in, System.nanoTime());
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
    out.writeByteArray(losses);
  }

  @Override
  public void readData(ObjectDataInput in) throws IOException {
    state = State.readFrom(in);
    losses = Objects.requireNonNull(in.readByteArray());
  }
}
