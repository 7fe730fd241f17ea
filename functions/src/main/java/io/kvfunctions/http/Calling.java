package io.kvfunctions.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.ByteBuffer;
import java.util.function.Supplier;

/**
 * Where the functions are called, which depends on whether the map they share may have its callers
 * wait: then it is never the event loop that calls, for all its connections would wait with it.
 */
enum Calling {
  /** On the event loop: the call takes less than handing it to another thread would. */
  AT_ONCE(64 * 1024),
  /** On a thread of its own. */
  ASIDE(-1);

  private final int mostBytes;

  Calling(int mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** How to call functions over such a map. */
  static Calling of(boolean mayBlock) {
    return mayBlock ? ASIDE : AT_ONCE;
  }

  /**
   * What comes of a call, or how to come by it.
   *
   * @param bytes of the body that the call begins with reading: of a large one it takes
   *     milliseconds, for which others are not to wait either
   * @param call knows nothing of the buffer that the body came in, which is gone by the time
   */
  Plan.Reply reply(int bytes, Supplier<? extends Plan.Reply> call) {
    return bytes <= mostBytes ? call.get() : new Plan.Aside(call);
  }

  /**
   * How many elements of a batch to call for together, if that may be so many. Together they cost
   * little more than one where the map is elsewhere; where it is here, one after the other costs
   * less, and nothing is kept.
   */
  int together(int most) {
    return switch (this) {
      case AT_ONCE -> 1;
      case ASIDE -> most;
    };
  }

  /** A body for a call to read that does not begin with it: only copied where it has to be. */
  ByteBuffer kept(ByteBuf body) {
    return switch (this) {
      case AT_ONCE -> body.nioBuffer();
      case ASIDE -> ByteBuffer.wrap(ByteBufUtil.getBytes(body));
    };
  }
}
