package io.kvfunctions.http;

import static io.netty.handler.codec.http.HttpHeaderNames.ACCEPT;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_ENCODING;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;
import static io.netty.handler.codec.http.HttpHeaderNames.HOST;
import static io.netty.handler.codec.http.HttpHeaderNames.SEC_WEBSOCKET_KEY1;
import static io.netty.handler.codec.http.HttpHeaderNames.SEC_WEBSOCKET_KEY2;
import static io.netty.handler.codec.http.HttpHeaderNames.TRANSFER_ENCODING;

import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.ProblemException;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which path is whose. What is not named here does not exist: neither another bean, nor a
 * composition of functions, nor a file. Holds no state and is safe for any number of threads.
 */
final class Router {
  private static final String KV = "/kv";
  private static final String KV_KEY = "/kv/";
  private static final String GET = "/get";
  private static final String GET_KEY = "/get/";
  private static final String PUT = "/put";
  private static final String DELETE = "/delete";

  /** What WebFlux serves on this port. */
  private static final Set<String> ELSEWHERE = Set.of("/livez", "/readyz");

  private static final String DESCRIPTION = "/openapi.yaml";

  private static final String READ_ONLY = "GET, HEAD, OPTIONS";
  private static final String CALL = "POST, OPTIONS";
  private static final String ALL = "GET, HEAD, PUT, DELETE, POST, OPTIONS";

  /** What ends a host, or stands in no name or address (RFC 3986 §3.2.2). */
  private static final String NOT_IN_A_HOST = "/?#@[]\\\"<>^`{|}";

  private final Resource resource;
  private final Listing listing;
  private final Invocation<?, ?> get;
  private final Invocation<?, ?> put;
  private final Invocation<?, ?> delete;
  private final Delivery toPut;
  private final Delivery toDelete;
  private final ByteBuffer description;

  /**
   * @param toPut events for put
   * @param toDelete events for delete
   * @param description the OpenAPI document that {@code /openapi.yaml} answers with
   */
  Router(
      Resource resource,
      Listing listing,
      Invocation<?, ?> get,
      Invocation<?, ?> put,
      Invocation<?, ?> delete,
      Delivery toPut,
      Delivery toDelete,
      ByteBuffer description) {
    this.resource = resource;
    this.listing = listing;
    this.get = get;
    this.put = put;
    this.delete = delete;
    this.toPut = toPut;
    this.toDelete = toDelete;
    this.description = description;
  }

  /** What to do with a request, and what to call that. */
  record Route(Operation operation, Plan plan) {}

  /** Decides by the head of a request. Never throws what the client caused. */
  Route route(HttpRequest request) {
    try {
      requireHttp1(request);
      Target target = Target.parse(request.uri());
      return target.path().startsWith(KV_KEY)
          ? resource(request, target, KV_KEY.length())
          : other(request, target);
    } catch (ProblemException e) {
      return new Route(Operation.OTHER, Answer.of(e.problem()));
    }
  }

  private Route other(HttpRequest request, Target target) {
    HttpMethod method = request.method();
    String path = target.path();
    switch (path) {
      case KV -> {
        if (isRead(method)) {
          return new Route(Operation.LIST, orProblem(() -> listing.plan(request, target)));
        }
        return notHere(method, READ_ONLY);
      }
      case GET -> {
        return invoke(request, target, Operation.INVOKE_GET, get::plan);
      }
      case PUT -> {
        return Delivery.isEvent(request)
            ? invoke(request, target, Operation.EVENT_PUT, toPut::plan)
            : invoke(request, target, Operation.INVOKE_PUT, put::plan);
      }
      case DELETE -> {
        return Delivery.isEvent(request)
            ? invoke(request, target, Operation.EVENT_DELETE, toDelete::plan)
            : invoke(request, target, Operation.INVOKE_DELETE, delete::plan);
      }
      case DESCRIPTION -> {
        return isRead(method)
            ? new Route(
                Operation.OTHER,
                Answer.of(HttpResponseStatus.OK, Answer.YAML, description.duplicate()))
            : notHere(method, READ_ONLY);
      }
      case "*" -> {
        if (method.equals(HttpMethod.OPTIONS)) {
          return new Route(Operation.OTHER, Answer.options(ALL));
        }
      }
      default -> {
        if (path.startsWith(GET_KEY)) {
          return isRead(method)
              ? new Route(
                  Operation.INVOKE_GET,
                  orProblem(() -> resource.get(request, key(target, GET_KEY.length()))))
              : notHere(method, READ_ONLY);
        }
        if (ELSEWHERE.contains(path)) {
          if (!isRead(method)) {
            return notHere(method, READ_ONLY);
          }
          // What stands there has one form and takes no parameters. Asked for another form, Spring
          // would answer in HTML that it has none; and a query or a host it cannot read, without a
          // problem.
          request.setUri(path);
          request.headers().set(ACCEPT, Answer.JSON).set(HOST, "localhost");
          return new Route(Operation.OTHER, Plan.Elsewhere.FORWARD);
        }
      }
    }
    return new Route(
        Operation.OTHER,
        Answer.of(
            Problem.of(
                Problem.Kind.NOT_FOUND,
                "there is nothing at this path: entries are at /kv/{key}, the functions at /get, /put and /delete,"
                    + " all of it is described at /openapi.yaml")));
  }

  private Route resource(HttpRequest request, Target target, int keyFrom) {
    HttpMethod method = request.method();
    if (isRead(method)) {
      return new Route(
          Operation.REST_GET, orProblem(() -> resource.get(request, key(target, keyFrom))));
    }
    if (method.equals(HttpMethod.PUT)) {
      return new Route(
          Operation.REST_PUT,
          orProblem(
              () -> {
                requirePlainBody(request);
                return resource.put(request, key(target, keyFrom));
              }));
    }
    if (method.equals(HttpMethod.DELETE)) {
      return new Route(
          Operation.REST_DELETE, orProblem(() -> resource.delete(request, key(target, keyFrom))));
    }
    return notHere(method, "GET, HEAD, PUT, DELETE, OPTIONS");
  }

  private static Route invoke(
      HttpRequest request,
      Target target,
      Operation operation,
      Function<HttpRequest, Plan> function) {
    if (!request.method().equals(HttpMethod.POST)) {
      return notHere(request.method(), CALL);
    }
    return new Route(
        operation,
        orProblem(
            () -> {
              requireNoQuery(target);
              requirePlainBody(request);
              return function.apply(request);
            }));
  }

  private static Route notHere(HttpMethod method, String allow) {
    return new Route(
        Operation.OTHER,
        method.equals(HttpMethod.OPTIONS)
            ? Answer.options(allow)
            : Answer.methodNotAllowed(method.name(), allow));
  }

  private static boolean isRead(HttpMethod method) {
    return method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
  }

  /** Lets an operation fail under its own name. */
  private static Plan orProblem(java.util.function.Supplier<Plan> plan) {
    try {
      return plan.get();
    } catch (ProblemException e) {
      return Answer.of(e.problem());
    }
  }

  private static String key(Target target, int from) {
    requireNoQuery(target);
    return Target.decode(target.path().substring(from), Problem.Kind.KEY_INVALID, "the key");
  }

  private static void requireNoQuery(Target target) {
    if (target.query() != null) {
      throw Problem.of(
              Problem.Kind.PARAMETER_INVALID,
              "this path takes no query; a question mark that is part of a key is written %3F")
          .asException();
    }
  }

  /**
   * A body must be what it says it is: what came compressed would be stored compressed and given
   * out as if it were not, and of two types one would be believed by chance.
   */
  private static void requirePlainBody(HttpRequest request) {
    for (String encoding : request.headers().getAll(CONTENT_ENCODING)) {
      if (!encoding.strip().equalsIgnoreCase("identity")) {
        throw Problem.of(
                Problem.Kind.UNSUPPORTED_ENCODING,
                "a body is taken as it is: send it without Content-Encoding, or compress the value itself")
            .asException();
      }
    }
    if (isRepeated(request.headers(), CONTENT_TYPE)) {
      throw Problem.of(
              Problem.Kind.PARAMETER_INVALID, "a request has one Content-Type header field at most")
          .asException();
    }
  }

  /** What RFC 9112 §2.3, §3.2 and §6.1 have a server refuse, and Netty lets pass. */
  private static void requireHttp1(HttpRequest request) {
    HttpVersion version = request.protocolVersion();
    if (version.majorVersion() != 1 || version.minorVersion() > 1) {
      throw invalid("the version of HTTP is 1.0 or 1.1 here");
    }
    HttpHeaders headers = request.headers();
    @Nullable String host = headers.get(HOST);
    if (host == null ? version.minorVersion() == 1 : isRepeated(headers, HOST)) {
      throw invalid("a request has exactly one Host header field");
    }
    if (host != null && !isHost(host)) {
      throw invalid("a Host is a name or an address, and perhaps a port (RFC 9110 §7.2)");
    }
    if (headers.contains(TRANSFER_ENCODING)
        && (version.minorVersion() == 0
            || isRepeated(headers, TRANSFER_ENCODING)
            || !"chunked".equalsIgnoreCase(headers.get(TRANSFER_ENCODING)))) {
      throw invalid("the only transfer coding taken is chunked, in HTTP/1.1 (RFC 9112 §6.1)");
    }
    if (headers.contains(SEC_WEBSOCKET_KEY1) && headers.contains(SEC_WEBSOCKET_KEY2)) {
      // To Netty such a request has eight bytes of body, whatever it says itself.
      throw invalid("the first drafts of WebSocket are not spoken here");
    }
  }

  private static boolean isRepeated(HttpHeaders headers, CharSequence name) {
    Iterator<? extends CharSequence> values = headers.valueCharSequenceIterator(name);
    if (values.hasNext()) {
      values.next();
    }
    return values.hasNext();
  }

  private static boolean isHost(String host) {
    boolean literal = host.startsWith("[");
    int end = literal ? host.indexOf(']') + 1 : host.indexOf(':');
    if (literal && end == 0) {
      return false;
    }
    String name = end < 0 ? host : host.substring(0, end);
    for (int i = literal ? 1 : 0; i < name.length() - (literal ? 1 : 0); i++) {
      char c = name.charAt(i);
      if (c <= ' ' || c >= 0x7f || NOT_IN_A_HOST.indexOf(c) >= 0) {
        return false;
      }
    }
    String port = host.substring(name.length());
    return port.isEmpty()
        || (port.charAt(0) == ':' && port.chars().skip(1).allMatch(c -> c >= '0' && c <= '9'));
  }

  private static ProblemException invalid(String detail) {
    return Problem.of(Problem.Kind.REQUEST_INVALID, detail).asException();
  }
}
