package io.kvfunctions.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The bytes to store and their type. Immutable: the bytes are copied in and never handed out. */
public final class Value {
  private final byte[] bytes;
  private final ContentType contentType;

  private Value(byte[] bytes, ContentType contentType) {
    this.bytes = bytes;
    this.contentType = contentType;
  }

  /** A copy of what remains in the buffer, whose position is left at its limit. */
  public static Value copyOf(ByteBuffer buffer, ContentType contentType) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return new Value(bytes, contentType);
  }

  /** These bytes, left to the value. */
  static Value of(byte[] bytes, ContentType contentType) {
    return new Value(bytes, contentType);
  }

  /**
   * The text in UTF-8. A lone surrogate, which UTF-8 cannot express, becomes {@code ?}: callers
   * refuse it before.
   */
  public static Value utf8(String text, ContentType contentType) {
    return new Value(text.getBytes(StandardCharsets.UTF_8), contentType);
  }

  /** The number of bytes. */
  public int size() {
    return bytes.length;
  }

  /** The type the bytes are stored with. */
  public ContentType contentType() {
    return contentType;
  }

  byte[] bytes() {
    return bytes;
  }
}
