package io.kvfunctions.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The event that asks for a write: which one it is, and when what it tells of happened.
 *
 * <p>Which one it is stands here as 128 bits of a hash, since it is remembered for every write: so
 * long that no two events are ever taken for one, and of a kind for which nobody can find two that
 * would be.
 *
 * @param high the first 64 bits of what sets the event apart from all others
 * @param low the next 64 bits
 * @param time null where the event does not say
 */
public record Occurrence(long high, long low, @Nullable Instant time) {
  /**
   * The occurrence that is told of by the event with this source and id, which together name one
   * event (CloudEvents 1.0, "id").
   */
  public static Occurrence of(String source, String id, @Nullable Instant time) {
    byte[] sourceBytes = source.getBytes(StandardCharsets.UTF_8);
    byte[] idBytes = id.getBytes(StandardCharsets.UTF_8);
    // With both lengths, so that no end of a source is taken for the beginning of an id.
    ByteBuffer name =
        ByteBuffer.allocate(2 * Integer.BYTES + sourceBytes.length + idBytes.length)
            .putInt(sourceBytes.length)
            .put(sourceBytes)
            .putInt(idBytes.length)
            .put(idBytes);
    ByteBuffer hash = ByteBuffer.wrap(sha256().digest(name.array()));
    return new Occurrence(hash.getLong(), hash.getLong(), time);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException everyJavaHasIt) {
      throw new IllegalStateException(everyJavaHasIt);
    }
  }
}
