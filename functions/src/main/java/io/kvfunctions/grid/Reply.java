package io.kvfunctions.grid;

import io.kvfunctions.store.Wire;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** What goes back for a {@link Step}: its outcome, or why the instance would not carry it out. */
final class Reply {
  private static final int OUTCOME = 0;
  private static final int REFUSED = 1;

  private Reply() {}

  /** That the step was not carried out, since this instance may not answer. */
  record Refused(String why) {}

  static byte[] of(@Nullable Object outcome) {
    return bytes(
        out -> {
          out.writeByte(OUTCOME);
          Wire.writeOutcome(outcome, out);
        });
  }

  static byte[] refused(String why) {
    return bytes(
        out -> {
          out.writeByte(REFUSED);
          out.writeUTF(why);
        });
  }

  /** The outcome, or a {@link Refused}. */
  static @Nullable Object read(byte[] reply) {
    try {
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(reply));
      return in.readByte() == REFUSED ? new Refused(in.readUTF()) : Wire.readOutcome(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What writes to a stream that does not fail. */
  interface Writing {
    void to(DataOutputStream out) throws IOException;
  }

  static byte[] bytes(Writing writing) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(32);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      writing.to(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
