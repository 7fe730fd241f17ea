package io.kvfunctions.grid;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an instance says of itself, of its losses and of its backups, for which it hears the same of
 * the other: see {@link Quorum}, {@link Losses} and {@link Safety}.
 */
final class Round extends Task {
  private static final byte[] NONE = {};

  private @Nullable State state;
  private byte[] rest = NONE;

  /** To be read. */
  Round() {}

  Round(State state, Site here) {
    this.state = state;
    this.rest = Reply.bytes(out -> writeRest(here, out));
  }

  private static void writeRest(Site here, DataOutputStream out) throws IOException {
    long now = System.nanoTime();
    out.writeBoolean(here.safety().isSafeHere(now));
    here.losses().writeTo(out, now);
  }

  private static void hearRest(State theirs, DataInputStream in, Site here) throws IOException {
    here.safety().hear(theirs.id(), in.readBoolean());
    here.losses().readFrom(in, System.nanoTime());
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
    try {
      hearRest(theirs, new DataInputStream(new ByteArrayInputStream(rest)), here);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Reply.bytes(
        out -> {
          here.quorum().exchange(theirs).writeTo(out);
          writeRest(here, out);
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
      hearRest(theirs, in, here);
      here.quorum().heard(theirs, sentNanos);
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
    out.writeByteArray(rest);
  }

  @Override
  public void readData(ObjectDataInput in) throws IOException {
    state = State.readFrom(in);
    rest = Objects.requireNonNull(in.readByteArray());
  }
}
