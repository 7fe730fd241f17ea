package io.kvfunctions.http;

import io.netty.channel.ChannelOption;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServer;

/**
 * Puts a {@link Connection} into the pipeline of each connection of the web server, right behind
 * the HTTP codec, and sees a stop through: the web server beneath knows nothing of the requests
 * that are answered before they reach it.
 */
final class HttpEdge implements NettyServerCustomizer {
  private final Server server;
  private final Router router;
  private final RequestMetrics metrics;
  private final Connection.Timeouts timeouts;
  private final int maxTarget;
  private final int maxHeaders;

  HttpEdge(
      Server server,
      Router router,
      RequestMetrics metrics,
      Connection.Timeouts timeouts,
      int maxTarget,
      int maxHeaders) {
    this.server = server;
    this.router = router;
    this.metrics = metrics;
    this.timeouts = timeouts;
    this.maxTarget = maxTarget;
    this.maxHeaders = maxHeaders;
  }

  @Override
  public HttpServer apply(HttpServer http) {
    return http
        // A client may shut down its side when it has sent everything, and still wants its answer.
        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .httpRequestDecoder(
            decoder -> decoder.maxInitialLineLength(maxTarget).maxHeaderSize(maxHeaders))
        // How many requests may be sent ahead is a matter of the room they take, which Connection
        // sees to: beyond the 128 of Netty a client would get no answer at all.
        .maxPipelineDepth(Integer.MAX_VALUE)
        .doOnBound(
            bound -> server.listeningUntil(() -> bound.channel().close().awaitUninterruptibly()))
        .doOnChannelInit(
            (observer, channel, address) ->
                channel
                    .pipeline()
                    .addAfter(
                        NettyPipeline.HttpCodec,
                        "kv",
                        new Connection(server, router, metrics, timeouts)));
  }
}
