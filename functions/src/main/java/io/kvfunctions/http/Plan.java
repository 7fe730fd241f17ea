package io.kvfunctions.http;

import io.kvfunctions.functions.Problem;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/** What a {@link Connection} is to do with a request whose head it has read. */
sealed interface Plan {

  /** Something to answer with. */
  sealed interface Reply extends Plan permits Answer, Aside, Streamed {}

  /**
   * A call that may take its time, to be made on a virtual thread, and then what came of it.
   *
   * @param call throws as if it were called on the event loop
   */
  record Aside(Supplier<? extends Reply> call) implements Reply {}

  /**
   * An answer that is written piece by piece, and perhaps from a body that is read piece by piece.
   * Runs on a virtual thread, so that waiting for the client costs no more than a parked stack.
   */
  non-sealed interface Streamed extends Reply {
    /**
     * Reads and writes.
     *
     * @throws IOException if the client is gone or broke off its body
     */
    void run(BodyInput in, BodyOutput out) throws IOException;
  }

  /**
   * Wait for the whole body.
   *
   * @param limit the most bytes it may have
   * @param tooLarge what is wrong with a body of so many bytes
   * @param then what to do with it; the buffer is good for the time of the call only
   */
  record Body(int limit, LongFunction<Problem> tooLarge, Function<ByteBuf, Reply> then)
      implements Plan {}

  /** Leave it to WebFlux, which serves what people and probes look at. */
  enum Elsewhere implements Plan {
    FORWARD
  }
}
