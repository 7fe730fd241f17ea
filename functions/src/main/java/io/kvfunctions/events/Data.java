package io.kvfunctions.events;

import io.kvfunctions.store.ContentType;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What an event carries.
 *
 * @param bytes null where it carries nothing
 * @param type what the bytes are
 */
record Data(@Nullable ByteBuffer bytes, ContentType type) {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

  boolean isPresent() {
    return bytes != null;
  }

  /** The bytes, of which there are none where it carries nothing. */
  ByteBuffer bytesOrNone() {
    return bytes == null ? NOTHING.duplicate() : bytes;
  }
}
