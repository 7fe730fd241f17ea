package io.kvfunctions.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/**
 * Counts what is sent on a connection, heads and chunk sizes too, as Netty counts what of it has
 * not left yet, so that the one less the other is what the client has taken.
 *
 * <p>Stands between the HTTP codec and the socket. For the event loop of its connection.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the promise that is handed on tells the same
final class Outbound extends ChannelOutboundHandlerAdapter {
  /** What Netty adds to each buffer that waits to be sent, in bytes (ChannelOutboundBuffer). */
  private static final int OVERHEAD =
      Integer.getInteger("io.netty.transport.outboundBufferEntrySizeOverhead", 96);

  private long bytes;

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (message instanceof ByteBuf buffer) {
      bytes += buffer.readableBytes() + OVERHEAD;
    }
    context.write(message, promise);
  }

  /** How many bytes have been given to the socket since the beginning. */
  long bytes() {
    return bytes;
  }
}
