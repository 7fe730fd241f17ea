package io.kvfunctions.store;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What is kept under a key: bytes, their type, the etag of the write and, for some, the moment they
 * expire and what is remembered of the events that wrote them.
 *
 * <p>An entry may also have nothing left but that memory, where its value was deleted or has
 * expired: a tombstone. Only the store sees one; to everybody else there is no entry.
 *
 * <p>Immutable. Its fields are laid out for size, since there are millions: the etag's parts stand
 * here instead of an object of their own, and the time of the write is part of the stamp. With
 * compact headers they fill 40 bytes to the last.
 */
public final class Entry {
  /** {@link #expiresAt} of an entry that does not expire. */
  static final long NEVER = Long.MAX_VALUE;

  /** The stamp of no write, since the first that is given is greater. */
  private static final long NO_STAMP = 0;

  private static final byte[] NO_VALUE = {};

  private final byte[] value;
  private final ContentType contentType;
  private final long stamp;
  private final int origin;
  private final long expiresAt;
  private final @Nullable EventMemory events;

  Entry(Value value, long stamp, int origin, long expiresAt, @Nullable EventMemory events) {
    this(value.bytes(), value.contentType(), stamp, origin, expiresAt, events);
  }

  Entry(
      byte[] value,
      ContentType contentType,
      long stamp,
      int origin,
      long expiresAt,
      @Nullable EventMemory events) {
    this.value = value;
    this.contentType = contentType;
    this.stamp = stamp;
    this.origin = origin;
    this.expiresAt = expiresAt;
    this.events = events;
  }

  /**
   * What is left where there is no value: nothing, where nothing is remembered of events, or that
   * alone, up to the moment when it is forgotten.
   */
  static @Nullable Entry tombstone(@Nullable EventMemory events, EventMemory.Bounds bounds) {
    return events == null
        ? null
        : new Entry(
            NO_VALUE, ContentType.OCTET_STREAM, NO_STAMP, 0, events.forgottenAt(bounds), events);
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
    return secondsBetween(nowMillis, expiresAt);
  }

  static long secondsBetween(long nowMillis, long expiresAt) {
    return Math.max(1, Math.ceilDiv(expiresAt - nowMillis, 1_000L));
  }

  long stamp() {
    return stamp;
  }

  int origin() {
    return origin;
  }

  byte[] bytes() {
    return value;
  }

  /** The moment from which on it is gone, in milliseconds since 1970, or {@link #NEVER}. */
  long expiresAt() {
    return expiresAt;
  }

  /** Whether it is gone by this moment, in milliseconds since 1970. */
  public boolean isExpired(long nowMillis) {
    return nowMillis >= expiresAt;
  }

  /** Whether there is no value here. A tombstone always {@link #expires}. */
  public boolean isTombstone() {
    return stamp == NO_STAMP;
  }

  /** What is remembered of the events applied to the key, null where that is nothing. */
  @Nullable EventMemory events() {
    return events;
  }
}
