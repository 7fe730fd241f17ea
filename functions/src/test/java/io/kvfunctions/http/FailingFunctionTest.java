package io.kvfunctions.http;

import static io.kvfunctions.http.Requests.JSON;
import static io.kvfunctions.http.Requests.NDJSON;
import static io.kvfunctions.http.Requests.get;
import static io.kvfunctions.http.Requests.post;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.functions.Get;
import io.kvfunctions.functions.Json;
import io.kvfunctions.functions.Limits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A function that fails as none should. An {@link Error} on the thread of a stream once left the
 * client without an answer, and a stop waiting for it.
 */
@ParameterizedClass
@EnumSource
class FailingFunctionTest {
  @Parameter Calling calling;

  private final Server server = new Server(10, 1 << 20);
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private Channel listener;

  @BeforeEach
  void start() {
    Function<Get.Input, Get.Output> failing =
        input -> {
          if (input.key().equals("error")) {
            throw new OutOfMemoryError("not really");
          }
          throw new IllegalStateException("as a mistake would be");
        };
    Resource resource =
        new Resource(failing, input -> null, input -> null, new Limits(1_024, 1_024), calling);
    Invocation<?, ?> get =
        new Invocation<>(
            Json.GET,
            failing,
            output -> HttpResponseStatus.OK,
            Get.Input::new,
            new Invocation.Bounds(1 << 20, 100),
            calling);
    Router router =
        new Router(resource, new Listing(null), get, get, get, null, null, ByteBuffer.allocate(0));
    RequestMetrics metrics = new RequestMetrics(new SimpleMeterRegistry());
    long minute = TimeUnit.MINUTES.toNanos(1);
    Connection.Timeouts timeouts = new Connection.Timeouts(minute, minute, minute, 1);
    listener =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            new HttpServerCodec(),
                            new Connection(server, router, metrics, timeouts));
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
  }

  @AfterEach
  void stop() {
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @ParameterizedTest
  @ValueSource(strings = {"exception", "error"})
  void aStream_isAnsweredWithAProblem_andForgotten(String key) throws IOException {
    try (RawClient client = connect()) {
      client.send(post("/get", NDJSON, "\"" + key + "\""));
      isInternalError(client.receive(false));
      client.send(post("/get", JSON, "[\"" + key + "\"]"));
      isInternalError(client.receive(false));
    }
    isForgotten();
  }

  @ParameterizedTest
  @ValueSource(strings = {"exception", "error"})
  void aCall_isAnsweredWithAProblemOrTheEndOfTheConnection_andForgotten(String key)
      throws IOException {
    try (RawClient client = connect()) {
      client.send(get("/kv/" + key));
      if (key.equals("exception") || calling == Calling.ASIDE) {
        isInternalError(client.receive(false));
      } else {
        assertThat(client.rest()).isEmpty();
      }
    }
    isForgotten();
  }

  private static void isInternalError(RawAnswer answer) {
    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.text())
        .contains("urn:kvfunctions:problem:internal")
        .doesNotContain("mistake")
        .doesNotContain("really");
  }

  private void isForgotten() {
    Await.until("no request is in flight", () -> server.inFlight() == 0);
    Await.until("nothing is held", () -> server.bufferedBytes() == 0);
  }

  private RawClient connect() throws IOException {
    int port = ((InetSocketAddress) listener.localAddress()).getPort();
    return new RawClient("127.0.0.1", port);
  }
}
