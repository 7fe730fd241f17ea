package io.kvfunctions.store;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What is kept under a key: bytes, their type, the etag of the write and, for some, the moment they
 * expire.
 *
 * <p>Immutable. Its fields are laid out for size, since there are millions: the etag's parts stand
 * here instead of an object of their own, and the time of the write is part of the stamp.
 */
public final class Entry {
  /** {@link #expiresAt} of an entry that does not expire. */
  static final long NEVER = Long.MAX_VALUE;

  private final byte[] value;
  private final ContentType contentType;
  private final long stamp;
  private final int origin;
  private final long expiresAt;

  Entry(Value value, long stamp, int origin, long expiresAt) {
    this.value = value.bytes();
    this.contentType = value.contentType();
    this.stamp = stamp;
    this.origin = origin;
    this.expiresAt = expiresAt;
  }

  /** A read-only view of the bytes, from the first to the last. */
  public ByteBuffer value() {
    return ByteBuffer.wrap(value).asReadOnlyBuffer();
  }

  /** The bytes as text, or null where they are not UTF-8. */
  public @Nullable String text() {
    return Utf8.decode(value, 0, value.length);
  }

  /** The number of bytes of the value. */
  public int size() {
    return value.length;
  }

  /** The type the value was written with. */
  public ContentType contentType() {
    return contentType;
  }

  /** The name of the write that left this entry. */
  public Etag etag() {
    return new Etag(stamp, origin);
  }

  /** When it was written, in milliseconds since 1970. Never earlier than the write before it. */
  public long lastModifiedMillis() {
    return stamp >>> EtagSequence.COUNT_BITS;
  }

  /** Whether it has a time to live at all. */
  public boolean expires() {
    return expiresAt != NEVER;
  }

  /**
   * How long it still lives, in whole seconds rounded up, at least 1; of an entry that {@link
   * #expires}.
   *
   * @param nowMillis milliseconds since 1970
   */
  public long secondsLeft(long nowMillis) {
    return Math.max(1, Math.ceilDiv(expiresAt - nowMillis, 1_000L));
  }

  /** The moment from which on it is gone, in milliseconds since 1970, or {@link #NEVER}. */
  long expiresAt() {
    return expiresAt;
  }

  boolean isExpired(long nowMillis) {
    return nowMillis >= expiresAt;
  }
}
