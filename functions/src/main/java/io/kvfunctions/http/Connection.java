package io.kvfunctions.http;

import static io.netty.handler.codec.http.HttpHeaderNames.CONNECTION;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.DATE;
import static io.netty.handler.codec.http.HttpHeaderNames.TRANSFER_ENCODING;
import static io.netty.handler.codec.http.HttpHeaderValues.CHUNKED;
import static io.netty.handler.codec.http.HttpHeaderValues.CLOSE;
import static io.netty.handler.codec.http.HttpHeaderValues.KEEP_ALIVE;

import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.ProblemException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.exc.JacksonIOException;

/**
 * One connection: takes requests one after the other, has each answered, sees to it that nobody
 * waits for ever.
 *
 * <p>It stands right behind Netty's HTTP codec and answers all requests for the store itself; the
 * few for probes and documents it hands on to WebFlux behind it. Standing there it also sees what
 * the codec could not read, and the body before anybody has gathered it.
 *
 * <p><b>One at a time.</b> {@link State} says where the request in hand is; requests that a client
 * has sent ahead wait in {@link #backlog}. Nothing is read from the socket unless there is
 * something to do with it, so that a client that sends more than it takes, or faster than the
 * store, is held up by TCP and not by our memory.
 *
 * <p><b>Room.</b> What is held for a client's sake for longer than an event (a body that is
 * gathered, the buffers of a stream, an answer that it is slow to take, requests sent ahead) is
 * counted by the {@link Server} over all connections, and refused where it would be too much.
 *
 * <p><b>Threads.</b> All of it runs on the channel's event loop, the functions too where the map
 * never blocks. Calls that may have to wait ({@link Plan.Aside}) and answers written in pieces
 * ({@link Plan.Streamed}) run on a virtual thread and come back here as tasks.
 *
 * <p><b>Time.</b> One task per connection looks at the clock now and then. A head must be there
 * within the read time-out, a body must not stand still for as long, nor an answer be left untaken
 * for the write time-out; and against a client that trickles, both must keep to a least rate. Only
 * a stream of lines may take its time between two lines.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // a write that fails closes the channel, and that is where it is
// dealt with
final class Connection extends ChannelDuplexHandler {
  private static final Logger log = LoggerFactory.getLogger(Connection.class);

  /**
   * A value beyond this is sent in pieces of it, the next when the client has taken enough of the
   * last, in bytes.
   */
  private static final int PIECE = 64 * 1024;

  /** How much of a body that nobody wants is read to keep the connection, in bytes. */
  private static final int WORTH_DISCARDING = 64 * 1024;

  /**
   * How long a closed connection is held so that the client can still read the answer, in
   * nanoseconds.
   */
  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** What a stream takes at once: its thread and the first of its buffers, in bytes. */
  private static final int STREAM = 16 * 1024;

  private static final Callers CALLERS = new Callers();

  private static final Problem INTERNAL =
      Problem.of(Problem.Kind.INTERNAL, "the server failed; what it says of it is in its log");

  /**
   * What the two sides do not read alike is the last thing read on a connection (RFC 9112 §11.2).
   */
  private static final String NOT_HTTP = Problem.Kind.REQUEST_INVALID.slug();

  /** Where the request in hand is. */
  private enum State {
    /** There is none. */
    IDLE,
    /** Its body is being gathered. */
    BODY,
    /** A virtual thread has it: calls for it, or reads its body and writes its answer. */
    STREAM,
    /** Its answer is being sent piece by piece. */
    SENDING,
    /** It has been answered, its body is still coming. */
    DISCARD,
    /** WebFlux has it. */
    FORWARD,
    /** It was the last; the client has yet to hang up. */
    LINGER,
    CLOSED
  }

  /**
   * How long a client may take.
   *
   * @param readNanos for a head, and between two pieces of a body
   * @param writeNanos to take the next piece of an answer
   * @param idleNanos between requests
   * @param minBytesPerSecond of a body over readNanos, and of an answer over writeNanos
   */
  record Timeouts(long readNanos, long writeNanos, long idleNanos, long minBytesPerSecond) {
    /** How often to look: often enough to be late by a quarter at most. */
    long tickNanos() {
      long shortest = Math.min(readNanos, Math.min(writeNanos, idleNanos));
      return Math.clamp(
          shortest / 4, TimeUnit.MILLISECONDS.toNanos(5), TimeUnit.SECONDS.toNanos(1));
    }
  }

  private final Server server;
  private final Router router;
  private final RequestMetrics metrics;
  private final Timeouts timeouts;
  private final Outbound given = new Outbound();
  private final Queue<HttpObject> backlog = new ArrayDeque<>();

  @SuppressWarnings(
      "NullAway.Init") // set when the handler is added, before anything else is called
  private ChannelHandlerContext ctx;

  private Server.Place place = Server.Place.NONE;
  private State state = State.IDLE;
  private boolean busy; // something a stop has to wait for
  private boolean inputClosed;
  private boolean deaf; // there was no room for what the client has sent ahead
  private boolean sawMessage;
  private long backlogBytes;

  // Of the request in hand.
  private Operation operation = Operation.OTHER;
  private long startedNanos;
  private boolean keepAlive = true;
  private boolean isHead;
  private boolean isHttp10;
  private boolean awaitsContinue;
  private boolean requestEnded = true;
  private boolean lengthUnknown;
  private long announced;
  private long received;
  private final AtomicLong reserved = new AtomicLong(); // by its thread too
  private Plan.@Nullable Body body;
  private @Nullable ByteBuf gathered;
  private @Nullable ByteBuffer unsent;
  private @Nullable BodyInput input;
  private @Nullable BodyOutput output;
  private @Nullable Problem broken;
  private String outcome = Answer.OK;

  // What the clock is compared with, in nanoseconds of System.nanoTime.
  private long idleSince = System.nanoTime();
  private long headSince;
  private boolean headBegun;
  private long lastRead;
  private long lastTaken;
  private long lastTakenAt;
  private long untaken; // bytes of room for what the client has let lie
  private boolean outputClosed;
  private long lingerSince;
  private final Pace inbound;
  private final Pace outbound;

  Connection(Server server, Router router, RequestMetrics metrics, Timeouts timeouts) {
    this.server = server;
    this.router = router;
    this.metrics = metrics;
    this.timeouts = timeouts;
    this.inbound = new Pace(timeouts.readNanos(), timeouts.minBytesPerSecond());
    this.outbound = new Pace(timeouts.writeNanos(), timeouts.minBytesPerSecond());
  }

  // ---- from the channel

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
    context.pipeline().addFirst(given);
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    place = server.opened(this);
    context.fireChannelActive();
    switch (place) {
      case TAKEN -> tickLater();
      case NONE -> {
        tickLater();
        begin();
        requestEnded = true; // there is none, and the connection is not kept for one
        keepAlive = false;
        refuse(
            Problem.of(
                Problem.Kind.UNAVAILABLE,
                "there are as many connections as may be (kv.http.connections)"));
        context.flush();
      }
      case NOT_EVEN_STANDING -> context.close();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    sawMessage = true;
    if (state == State.CLOSED
        || state == State.LINGER
        || deaf
        || !(message instanceof HttpObject http)) {
      ReferenceCountUtil.release(message);
    } else if (!backlog.isEmpty() || (http instanceof HttpRequest && !isReady())) {
      keepForLater(http);
    } else {
      handle(http);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (sawMessage) {
      sawMessage = false;
    } else if (state == State.IDLE && !headBegun) { // bytes, and not yet a head
      headBegun = true;
      headSince = System.nanoTime();
    }
    if (state == State.FORWARD) {
      context.fireChannelReadComplete();
    }
    context.flush();
    readIfWanted();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (context.channel().isWritable()) {
      // Comes from within a flush, perhaps one of ours: go on when that is done.
      onEventLoop(this::resume);
    }
    context.fireChannelWritabilityChanged();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      inputClosed = true;
      inputEnded();
    }
    context.fireUserEventTriggered(event);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    boolean inHand = isInHand();
    State before = state;
    state = State.CLOSED;
    if (inHand) {
      if (outcome.equals(Answer.OK)) { // else it was us, and why has been said
        outcome = "aborted";
      }
      record();
    }
    if (input != null) {
      input.breakOff(new IOException("the client is gone"));
    }
    if (output != null) {
      output.breakOff();
    }
    if (before != State.STREAM) { // else the thread still holds it
      releaseReserved();
    }
    dropGathered();
    dropBacklog();
    server.release(untaken);
    untaken = 0;
    settle();
    server.closed(this, place);
    context.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (!(cause instanceof IOException)) {
      log.error("a connection failed", cause);
    }
    context.close();
  }

  /** Sees WebFlux's answers go by. */
  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    boolean interim =
        message instanceof HttpResponse response
            && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    if (state == State.FORWARD && message instanceof HttpResponse response && !interim) {
      complete(response.headers());
      if (response.status().codeClass() != HttpStatusClass.SUCCESS) { // a probe's no
        outcome = Problem.Kind.UNAVAILABLE.slug();
      }
    }
    context.write(message, promise);
    if (state == State.FORWARD && message instanceof LastHttpContent && !interim) {
      finish();
      onEventLoop(this::resume);
    }
  }

  // ---- requests

  private boolean isReady() {
    if (state != State.IDLE) {
      return false;
    }
    if (!ctx.channel().isWritable()) {
      ctx.flush(); // requests sent ahead: let their answers go before making more
    }
    return ctx.channel().isWritable();
  }

  private void keepForLater(HttpObject message) {
    long weight = weight(message);
    if (server.reserveAhead(weight)) {
      backlogBytes += weight;
      backlog.add(message);
    } else {
      deaf = true;
      ReferenceCountUtil.release(message);
    }
  }

  /**
   * About what a message takes of the heap, in bytes: a request of 18 bytes takes several hundred.
   */
  private static long weight(HttpObject message) {
    long weight = 128;
    if (message instanceof HttpRequest request) {
      weight += 512 + request.uri().length();
      for (Map.Entry<String, String> field : request.headers()) {
        weight += 128 + field.getKey().length() + field.getValue().length();
      }
    }
    return message instanceof HttpContent content
        ? weight + content.content().readableBytes()
        : weight;
  }

  private HttpObject takeFromBacklog() {
    HttpObject message = backlog.remove();
    long weight = weight(message);
    server.releaseAhead(weight);
    backlogBytes -= weight;
    return message;
  }

  private void dropBacklog() {
    server.releaseAhead(backlogBytes);
    backlogBytes = 0;
    backlog.forEach(ReferenceCountUtil::release);
    backlog.clear();
  }

  private void handle(HttpObject message) {
    try {
      if (message instanceof HttpRequest request) {
        start(request);
      }
      if (message instanceof HttpContent content) {
        content(content);
      }
    } catch (ProblemException e) {
      refuse(e.problem());
    } catch (RuntimeException e) {
      log.error("a request failed", e);
      refuse(INTERNAL);
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void begin() {
    if (!busy) {
      busy = true;
      server.began();
    }
    startedNanos = System.nanoTime();
    lastRead = startedNanos;
    headBegun = false;
    operation = Operation.OTHER;
    outcome = Answer.OK;
    requestEnded = false;
    awaitsContinue = false;
    lengthUnknown = false;
    announced = 0;
    received = 0;
    isHead = false;
    isHttp10 = false;
    broken = null;
  }

  private void settle() {
    if (busy) {
      busy = false;
      server.finished();
    }
  }

  private void start(HttpRequest request) {
    begin();
    DecoderResult decoded = request.decoderResult();
    if (decoded.isFailure()) {
      requestEnded = true;
      keepAlive = false;
      refuse(problem(decoded));
      return;
    }
    isHead = request.method().equals(HttpMethod.HEAD);
    isHttp10 = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
    // Of several lengths Netty tells of the first alone in HTTP/1.0 (RFC 9112 §6.3): whether the
    // body ends where it seems to is not known.
    keepAlive =
        HttpUtil.isKeepAlive(request) && !(isHttp10 && request.headers().contains(CONTENT_LENGTH));
    awaitsContinue = HttpUtil.is100ContinueExpected(request);
    lengthUnknown = HttpUtil.isTransferEncodingChunked(request);
    announced = lengthUnknown ? 0 : HttpUtil.getContentLength(request, 0L);
    Router.Route route = router.route(request);
    operation = route.operation();
    switch (route.plan()) {
      case Answer answer -> send(answer);
      case Plan.Aside aside -> call(aside);
      case Plan.Streamed streamed -> {
        reserve(STREAM);
        continueIfAwaited();
        stream(streamed);
      }
      case Plan.Body wanted -> {
        if (announced > wanted.limit()) {
          refuse(wanted.tooLarge().apply(announced));
        } else {
          continueIfAwaited();
          body = wanted;
          inbound.restart(startedNanos, 0);
          state = State.BODY;
        }
      }
      case Plan.Elsewhere.FORWARD -> {
        state = State.FORWARD;
        ctx.fireChannelRead(ReferenceCountUtil.retain(request));
      }
    }
  }

  private static Problem problem(DecoderResult decoded) {
    return switch (decoded.cause()) {
      case TooLongHttpLineException tooLong ->
          Problem.of(
              Problem.Kind.URI_TOO_LONG, "the request line is longer than kv.http.target allows");
      case TooLongHttpHeaderException tooLong ->
          Problem.of(
              Problem.Kind.HEADERS_TOO_LARGE,
              "the header fields are larger than kv.http.headers allows");
      default ->
          Problem.of(Problem.Kind.REQUEST_INVALID, "this is not a request of HTTP/1.1 (RFC 9112)");
    };
  }

  private void continueIfAwaited() {
    if (awaitsContinue) {
      awaitsContinue = false;
      ctx.writeAndFlush(
          new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
    }
  }

  private void content(HttpContent content) {
    if (content.decoderResult().isFailure()) {
      requestEnded = true;
      breakOff(
          Problem.of(Problem.Kind.REQUEST_INVALID, "the body's chunks are broken (RFC 9112 §7.1)"));
      return;
    }
    boolean last = content instanceof LastHttpContent;
    received += content.content().readableBytes();
    if (last && state == State.BODY) {
      requestEnded = true; // also where the last piece is refused
    }
    if (content.content().isReadable()) {
      lastRead = System.nanoTime();
    }
    switch (state) {
      case BODY -> gather(content.content(), last);
      case STREAM -> {
        BodyInput in = input;
        if (in != null) {
          if (!in.offer(content.content())) {
            breakOff(noRoom());
          } else if (last) {
            in.end();
          }
        }
      }
      case FORWARD -> {
        if (last) { // nothing there takes a body
          ctx.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
        }
      }
      case DISCARD -> {
        if (!last && received > WORTH_DISCARDING) {
          linger();
        }
      }
      case IDLE, SENDING, LINGER, CLOSED -> {}
    }
    if (last) {
      requestEnded = true;
      if (state == State.DISCARD) {
        idle();
      }
    }
  }

  private void gather(ByteBuf piece, boolean last) {
    Plan.Body wanted = body;
    if (wanted == null) {
      throw new IllegalStateException("a body nobody waits for");
    }
    if (received > wanted.limit()) {
      refuse(wanted.tooLarge().apply(received));
      return;
    }
    ByteBuf whole = piece;
    if (gathered != null || !last) {
      if (gathered == null) {
        int initial = Math.max(1024, (int) Math.min(announced, PIECE));
        gathered = ctx.alloc().heapBuffer(initial, Math.max(initial, wanted.limit()));
        reserve(gathered.capacity());
      }
      int before = gathered.capacity();
      gathered.writeBytes(piece);
      reserve(gathered.capacity() - before);
      whole = gathered;
    }
    if (last) {
      requestEnded = true;
      body = null;
      Plan.Reply reply = wanted.then().apply(whole);
      if (gathered == null && reply instanceof Plan.Aside) {
        reserve(received); // for what it keeps of the body, which nothing has been reserved for yet
      }
      dropGathered();
      reply(reply);
    }
  }

  private void reply(Plan.Reply reply) {
    switch (reply) {
      case Answer answer -> send(answer);
      case Plan.Aside aside -> call(aside);
      case Plan.Streamed streamed -> {
        reserve(STREAM);
        stream(streamed);
      }
    }
  }

  private void dropGathered() {
    if (gathered != null) {
      gathered.release();
      gathered = null;
    }
  }

  private void reserve(long bytes) {
    if (!tryReserve(bytes)) {
      throw noRoom().asException();
    }
  }

  /**
   * Takes room for bytes that are held until the request in hand is answered; false, and nothing
   * taken, where there is not enough. Called on the event loop, or by the thread that has the
   * request.
   */
  boolean tryReserve(long bytes) {
    if (!server.reserve(bytes)) {
      return false;
    }
    reserved.addAndGet(bytes);
    return true;
  }

  /** Gives back room taken before; called as {@link #tryReserve}. */
  void unreserve(long bytes) {
    reserved.addAndGet(-bytes);
    server.release(bytes);
  }

  private void releaseReserved() {
    if (reserved.get() != 0) {
      server.release(reserved.getAndSet(0));
    }
  }

  static Problem noRoom() {
    return Problem.of(
        Problem.Kind.UNAVAILABLE,
        "too much is under way to take this as well, try again (kv.limits.buffers)");
  }

  // ---- answers

  /** Answers what cannot go on with a problem. */
  private void refuse(Problem problem) {
    body = null;
    dropGathered();
    if (state == State.STREAM || state == State.SENDING || state == State.FORWARD) {
      abort(problem.kind().slug());
    } else if (state != State.CLOSED && state != State.LINGER) {
      send(Answer.of(problem));
    }
  }

  private void send(Answer answer) {
    HttpResponseStatus status = answer.status();
    HttpHeaders headers = answer.headers();
    ByteBuffer content = answer.body();
    int size = content.remaining();
    outcome = answer.outcome();
    if (!isWorthDiscarding() || outcome.equals(NOT_HTTP)) {
      keepAlive = false;
    }
    if (status.code() != 204 && status.code() != 304) {
      headers.set(CONTENT_LENGTH, Integer.toString(size));
    }
    complete(headers);
    if (size <= PIECE || isHead) {
      ByteBuf bytes =
          size == 0 || isHead
              ? Unpooled.EMPTY_BUFFER
              : ctx.alloc().ioBuffer(size).writeBytes(content);
      ctx.write(
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1, status, bytes, headers, EmptyHttpHeaders.INSTANCE),
          ctx.voidPromise());
      finish();
    } else {
      ctx.write(new DefaultHttpResponse(HttpVersion.HTTP_1_1, status, headers), ctx.voidPromise());
      unsent = content;
      state = State.SENDING;
      sendPieces();
    }
  }

  /** Adds what every answer has. */
  private void complete(HttpHeaders headers) {
    if (server.isStopping()) {
      keepAlive = false;
    }
    headers.set(DATE, HttpDate.now());
    if (!keepAlive) {
      headers.set(CONNECTION, CLOSE);
    } else if (isHttp10) {
      headers.set(CONNECTION, KEEP_ALIVE);
    }
  }

  /** Whether reading on to the end of the body costs less than a new connection would. */
  private boolean isWorthDiscarding() {
    long left = lengthUnknown ? received : announced - received; // unknown: about as much as came
    return requestEnded || (!awaitsContinue && left <= WORTH_DISCARDING);
  }

  private void sendPieces() {
    ByteBuffer content = unsent;
    while (content != null && ctx.channel().isWritable()) {
      int size = Math.min(content.remaining(), PIECE);
      ByteBuf piece =
          ctx.alloc().ioBuffer(size).writeBytes(content.slice(content.position(), size));
      content.position(content.position() + size);
      if (content.hasRemaining()) {
        ctx.write(new DefaultHttpContent(piece), ctx.voidPromise());
      } else {
        ctx.write(new DefaultLastHttpContent(piece), ctx.voidPromise());
        unsent = null;
        content = null;
        finish();
      }
    }
    ctx.flush();
  }

  /** The request in hand has been answered, up to what is on its way. */
  private void finish() {
    record();
    releaseReserved();
    input = null;
    output = null;
    if (!keepAlive) {
      linger();
    } else if (requestEnded) {
      idle();
    } else {
      discard();
    }
  }

  private void discard() {
    state = State.DISCARD;
    settle();
    received = 0;
    lastRead = idleSince;
    inbound.restart(idleSince, 0);
  }

  private void record() {
    idleSince = System.nanoTime();
    metrics.record(operation, outcome, idleSince - startedNanos);
  }

  private void idle() {
    if (server.isStopping()) {
      linger();
    } else {
      state = State.IDLE;
      settle();
    }
  }

  /** Whether a request has begun and not been answered. */
  private boolean isInHand() {
    return switch (state) {
      case BODY, STREAM, SENDING, FORWARD -> true;
      case IDLE, DISCARD, LINGER, CLOSED -> false;
    };
  }

  /**
   * Sends what is on its way and half-closes; a full close could take the answer from the client's
   * hands.
   */
  private void linger() {
    state = State.LINGER;
    if (!busy) { // until it has been sent
      busy = true;
      server.began();
    }
    dropBacklog();
    ctx.writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            sent -> {
              outputClosed = true;
              lingerSince = System.nanoTime();
              settle();
              if (!sent.isSuccess() || inputClosed) {
                ctx.close();
              } else if (ctx.channel() instanceof DuplexChannel duplex) {
                duplex.shutdownOutput();
                ctx.read();
              }
            });
  }

  /** Ends the request in hand and the connection where no answer can be given any more. */
  private void abort(String why) {
    outcome = why;
    if (isHttp10) { // without chunks, a connection that ends in good order would be a whole answer
      ctx.channel().config().setOption(ChannelOption.SO_LINGER, 0);
    }
    ctx.close();
  }

  /** The server stops: nothing more is taken from here once the request in hand is answered. */
  void leave() {
    server.began();
    onEventLoop(
        () -> {
          if (state == State.IDLE || state == State.DISCARD) {
            linger();
          }
          server.finished();
        });
  }

  // ---- calls that may have to wait

  /**
   * Has a virtual thread call, and replies here. What the call keeps of a body has been reserved;
   * for the thread, some 6 KB with the request, nothing is. It waits for the map and not for a
   * client, who could make it last, and there is one at most for each connection, so that
   * kv.http.connections bounds them. To refuse a get because others send large bodies would help
   * nobody.
   */
  private void call(Plan.Aside aside) {
    state = State.STREAM;
    CALLERS.execute(
        () -> {
          Plan.Reply reply = called(aside);
          onEventLoop(() -> called(reply));
        });
  }

  /** Runs on the virtual thread. */
  private static Plan.Reply called(Plan.Aside aside) {
    try {
      return aside.call().get();
    } catch (ProblemException e) {
      return Answer.of(e.problem());
    } catch (Throwable e) { // an Error too: nobody else would answer
      log.error("a request failed", e);
      return Answer.of(INTERNAL);
    }
  }

  private void called(Plan.Reply reply) {
    if (state != State.STREAM) {
      releaseReserved();
      return;
    }
    try {
      reply(reply);
    } catch (ProblemException e) { // there is no room for a stream
      send(Answer.of(e.problem()));
    }
    resume();
  }

  // ---- answers in pieces, written by a virtual thread

  private void stream(Plan.Streamed streamed) {
    state = State.STREAM;
    BodyInput in = new BodyInput(this);
    BodyOutput out = new BodyOutput(this, isHead);
    input = in;
    output = out;
    inbound.restart(startedNanos, 0);
    if (requestEnded) {
      in.end();
    }
    Thread.ofVirtual().name("kv-stream").start(() -> run(streamed, in, out));
  }

  /** Runs on the virtual thread. */
  private void run(Plan.Streamed streamed, BodyInput in, BodyOutput out) {
    Problem problem = null;
    Throwable unexpected = null;
    try {
      streamed.run(in, out);
      out.end();
      return;
    } catch (ProblemException e) {
      problem = e.problem();
    } catch (IOException | JacksonIOException e) {
      if (out.hasSaidAll()) {
        endChunks();
        return;
      }
      log.debug("a stream broke off", e); // the client is gone
    } catch (Throwable e) { // an Error too: nobody else would answer
      unexpected = e;
      problem = INTERNAL;
    }
    Problem failure = problem;
    boolean begun = out.hasBegun();
    onEventLoop(() -> streamFailed(failure, begun, out));
    if (unexpected != null) {
      log.error("a request failed", unexpected);
    }
  }

  /** Has a task run here; what it throws ends the connection. */
  private void onEventLoop(Runnable task) {
    try {
      ctx.executor()
          .execute(
              () -> {
                try {
                  task.run();
                } catch (Throwable e) {
                  exceptionCaught(ctx, e);
                }
              });
    } catch (RejectedExecutionException serverHasStopped) {
      log.debug("a connection outlived the server", serverHasStopped);
    }
  }

  private void streamFailed(@Nullable Problem failure, boolean begun, BodyOutput out) {
    Problem problem = broken != null ? broken : failure;
    if (state == State.CLOSED) {
      releaseReserved();
    } else if (begun || problem == null) {
      releaseReserved();
      abort(problem == null ? "aborted" : problem.kind().slug());
    } else {
      send(Answer.of(out.told(problem)));
      resume();
    }
  }

  /** Asks for more of the body; from any thread. */
  void readMore() {
    onEventLoop(this::readIfWanted);
  }

  /** Begins an answer whose length nobody knows yet; from the virtual thread, as the following. */
  void beginChunks(HttpHeaders headers) {
    onEventLoop(
        () -> {
          if (state != State.STREAM) {
            return;
          }
          if (isHttp10) {
            keepAlive = false; // its end is the end of the connection
          } else {
            headers.set(TRANSFER_ENCODING, CHUNKED);
          }
          complete(headers);
          ctx.write(
              new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, headers),
              ctx.voidPromise());
        });
  }

  void sendChunk(byte[] bytes, int length, BodyOutput out) {
    onEventLoop(
        () -> {
          if (state != State.STREAM) {
            out.breakOff();
          } else {
            ctx.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(bytes, 0, length)))
                .addListener(sent -> out.sent(length));
          }
        });
  }

  void endChunks() {
    onEventLoop(
        () -> {
          if (state == State.STREAM) {
            ctx.write(LastHttpContent.EMPTY_LAST_CONTENT, ctx.voidPromise());
            finish();
            resume();
          } else {
            releaseReserved();
          }
        });
  }

  void sendWhole(Answer answer) {
    onEventLoop(
        () -> {
          if (state == State.STREAM) {
            send(answer);
            resume();
          } else {
            releaseReserved();
          }
        });
  }

  // ---- going on

  private void resume() {
    if (state == State.SENDING) {
      sendPieces();
    }
    while (!backlog.isEmpty() && (!(backlog.element() instanceof HttpRequest) || isReady())) {
      handle(takeFromBacklog());
    }
    if (inputClosed || deaf) {
      inputEnded();
    }
    if (state != State.CLOSED) {
      ctx.flush();
      readIfWanted();
    }
  }

  private void readIfWanted() {
    if (!backlog.isEmpty() || (deaf && state != State.LINGER)) {
      return;
    }
    boolean wanted =
        switch (state) {
          case IDLE -> ctx.channel().isWritable();
          case BODY, DISCARD, LINGER -> true;
          case STREAM -> input != null && input.wantsMore();
          case SENDING, FORWARD, CLOSED -> false; // WebFlux asks for itself
        };
    if (wanted) {
      ctx.read();
    }
  }

  /** No more will be taken from the client; what it has sent whole is still answered. */
  private void inputEnded() {
    if (!backlog.isEmpty()) {
      return;
    }
    switch (state) {
      case IDLE -> linger();
      case LINGER -> {
        if (outputClosed && inputClosed) { // else once what is on its way has left
          ctx.close();
        }
      }
      case BODY, DISCARD, STREAM -> {
        if (!requestEnded) {
          requestEnded = true;
          breakOff(
              inputClosed
                  ? Problem.of(
                      Problem.Kind.REQUEST_INVALID, "the body ended before its announced end")
                  : noRoom());
        }
      }
      case SENDING, FORWARD, CLOSED -> {}
    }
  }

  /** The rest of the request will not come, or not in time. */
  private void breakOff(Problem problem) {
    keepAlive = false;
    switch (state) {
      case IDLE, BODY -> refuse(problem);
      case STREAM -> {
        broken = problem;
        if (input != null) {
          input.breakOff(new IOException(problem.detail()));
        }
      }
      case DISCARD -> linger();
      case SENDING, FORWARD, LINGER, CLOSED -> {}
    }
  }

  // ---- time

  @SuppressWarnings("FutureReturnValueIgnored") // what it throws it deals with itself
  private void tickLater() {
    ctx.executor().schedule(this::tick, timeouts.tickNanos(), TimeUnit.NANOSECONDS);
  }

  private void tick() {
    if (state == State.CLOSED) {
      return;
    }
    try {
      look(System.nanoTime());
    } catch (Throwable e) {
      exceptionCaught(ctx, e);
    }
    tickLater();
  }

  private void look(long now) {
    if (isStuck(now) || !reserveUntaken(now)) {
      ctx.close();
      return;
    }
    switch (state) {
      case IDLE -> {
        if (headBegun && now - headSince > timeouts.readNanos()) {
          begin();
          requestEnded = true;
          breakOff(timedOut());
        } else if (!headBegun && now - idleSince > timeouts.idleNanos()) {
          linger();
        }
      }
      case BODY, DISCARD -> {
        if (now - lastRead > timeouts.readNanos() || inbound.isTooSlow(now, received)) {
          breakOff(timedOut());
        }
      }
      case STREAM -> {
        if (input != null && isSlow(input, now)) {
          breakOff(timedOut());
        }
      }
      case SENDING -> {
        // Most clients have all of it by now. It may be in no map any more that it would be
        // counted in.
        if (unsent != null && reserved.get() == 0 && now - startedNanos > timeouts.tickNanos()) {
          if (!tryReserve(unsent.remaining())) {
            abort(Problem.Kind.UNAVAILABLE.slug());
          }
        }
      }
      case LINGER -> {
        if (outputClosed && now - lingerSince > LINGER_NANOS) {
          ctx.close();
        }
      }
      case FORWARD, CLOSED -> {}
    }
    ctx.flush();
  }

  private static Problem timedOut() {
    return Problem.of(
        Problem.Kind.REQUEST_TIMEOUT,
        "the request did not arrive in time (kv.http.read-timeout, kv.http.min-rate)");
  }

  /**
   * Whether the client lets the stream wait for too long, or for the rest of a line that is held.
   */
  private boolean isSlow(BodyInput in, long now) {
    long waited = in.waitedNanos(now);
    if (waited == 0 || !in.isHeld()) {
      inbound.restart(now, received);
    }
    return waited > timeouts.readNanos() || inbound.isTooSlow(now, received);
  }

  /** Whether there are bytes for the client that it takes none of, or not enough in good time. */
  private boolean isStuck(long now) {
    ChannelOutboundBuffer buffer = ctx.channel().unsafe().outboundBuffer();
    long pending = buffer == null ? 0 : buffer.totalPendingWriteBytes();
    if (buffer == null || pending == 0) {
      lastTakenAt = now;
      outbound.restart(now, given.bytes());
      return false;
    }
    long taken = given.bytes() - pending + buffer.currentProgress();
    if (taken != lastTaken) {
      lastTaken = taken;
      lastTakenAt = now;
    }
    return now - lastTakenAt > timeouts.writeNanos() || outbound.isTooSlow(now, taken);
  }

  /**
   * Takes room for what lies before a client that has taken none of it since the last look, and
   * gives it back once it has; false where there is none.
   */
  private boolean reserveUntaken(long now) {
    ChannelOutboundBuffer buffer = ctx.channel().unsafe().outboundBuffer();
    long lying = buffer == null || lastTakenAt == now ? 0 : buffer.totalPendingWriteBytes();
    long more = lying - untaken;
    if (more > 0 && !server.reserve(more)) {
      return false;
    }
    if (more < 0) {
      server.release(-more);
    }
    untaken = lying;
    return true;
  }
}
