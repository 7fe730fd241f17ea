package io.kvfunctions.knative;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kvfunctions.http.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A cluster for {@code knative/verify} to check: what {@code kubectl} is answered, and behind the
 * addresses of its API server and its gateway a store that is none the less real. All pods of a
 * grid are that one; a pod of its own that is replaced takes all with it.
 *
 * <p>The folder {@code bin} is to be the first of the {@code PATH}: {@code kubectl} there asks this
 * for every command but {@code kustomize}, which is the real one's.
 */
final class FakeCluster implements AutoCloseable {
  private static final String STUB =
      """
      #!/usr/bin/env bash
      case $1 in
        kustomize) PATH=${PATH#*:} exec kubectl "$@" ;;
        proxy)
          echo "Starting to serve on 127.0.0.1:PORT"
          exec tail -f /dev/null
          ;;
        port-forward)
          case $* in *service/kv-direct* | *pod/*) port=DIRECT ;; *) port=PORT ;; esac
          echo "Forwarding from 127.0.0.1:$port -> 8081"
          exec tail -f /dev/null
          ;;
      esac
      answer=$(printf '%s\\0' "$@" | curl -sS --data-binary @- http://127.0.0.1:PORT/kubectl; printf .)
      answer=${answer%.}
      status=${answer%%$'\\n'*}
      answer=${answer#*$'\\n'}
      if [ "$status" = 0 ]; then printf '%s' "$answer"; else printf '%s\\n' "$answer" >&2; fi
      exit "$status"
      """;

  private static final String STRANGER = "10.1.0.1";
  private static final String HOST = "kv.kv-verify.svc.cluster.local";

  /** What this cluster is like; everything is as it should be where nothing else is said. */
  static final class Nature {
    boolean eventing;
    boolean makesBrokers = true;
    boolean enforcesPolicies = true;
    boolean opensTheMemberPort;
    boolean hasRoute = true;
    String routeStatus = "Unknown"; // where there is none
    String routeReason = "IngressNotConfigured";
    boolean gatewayAnswers = true;
    boolean apiServerReachesPods = true;
    boolean hasBash = true;
    boolean crashes = true;
    boolean breaksOffMostTries;
    boolean startsWhatIsClosed = true;
    boolean everGetsReady = true;
    boolean losesAWrite;
    boolean forgetsEvents;
    boolean keepsNamespaces;
    boolean hidesNamespaces;
    String refuses = "";
  }

  private record Pod(String name, String revision, String address, boolean going) {}

  private record Result(int status, String text) {}

  private final Nature nature;
  private final HttpServer server;
  private final HttpServer direct;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Path bin;
  private final Set<String> namespaces = new TreeSet<>();
  private final List<String> commands = new ArrayList<>();
  private List<Pod> pods = new ArrayList<>();
  private TestServer store = TestServer.start(Map.of());
  private String image = "";
  private int instances;
  private int generation;
  private int named;
  private int looks;
  private final Map<String, Integer> restarts = new HashMap<>();
  private final Set<String> policies = new TreeSet<>();
  private String subscriber = "";

  FakeCluster(Path folder, Nature nature) throws IOException {
    this.nature = nature;
    server = listen();
    server.createContext("/kubectl", this::kubectl);
    server.createContext("/", this::http);
    direct = listen();
    direct.createContext("/", exchange -> pass(exchange, exchange.getRequestURI().getRawPath()));
    bin = Files.createDirectories(folder.resolve("bin"));
    Path stub = bin.resolve("kubectl");
    Files.writeString(
        stub,
        STUB.replace("PORT", Integer.toString(port()))
            .replace("DIRECT", Integer.toString(direct.getAddress().getPort())));
    stub.toFile().setExecutable(true);
  }

  private static HttpServer listen() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
    return server;
  }

  int port() {
    return server.getAddress().getPort();
  }

  Path bin() {
    return bin;
  }

  /** Those that were made and are still there. */
  synchronized Set<String> namespaces() {
    return new TreeSet<>(namespaces);
  }

  synchronized void addNamespace(String name) {
    namespaces.add(name);
  }

  /** What kubectl was asked to do, an element for each. */
  synchronized List<String> commands() {
    return new ArrayList<>(commands);
  }

  synchronized String image() {
    return image;
  }

  // --- kubectl ---

  private void kubectl(HttpExchange exchange) throws IOException {
    List<String> said =
        List.of(new String(exchange.getRequestBody().readAllBytes(), UTF_8).split("\0", -1));
    Result result;
    try {
      result = kubectl(said.subList(0, said.size() - 1));
    } catch (RuntimeException e) {
      result = new Result(1, e.toString());
    }
    byte[] answer = (result.status() + "\n" + result.text()).getBytes(UTF_8);
    exchange.sendResponseHeaders(200, answer.length);
    exchange.getResponseBody().write(answer);
    exchange.close();
  }

  private synchronized Result kubectl(List<String> arguments) throws IOException {
    String command = String.join(" ", arguments);
    commands.add(command);
    if (!nature.refuses.isEmpty() && command.startsWith(nature.refuses)) {
      return new Result(1, "error: refused by the test");
    }
    if (command.startsWith("get crd")) {
      return command.contains("eventing") && !nature.eventing ? notFound() : new Result(0, "");
    }
    if (command.startsWith("get namespace ")) {
      return namespaces.contains(arguments.get(2)) && !nature.hidesNamespaces
          ? new Result(0, "")
          : notFound();
    }
    if (command.startsWith("create namespace ")) {
      return namespaces.add(arguments.get(2))
          ? new Result(0, "created")
          : new Result(1, "Error from server (AlreadyExists): namespaces already exists");
    }
    if (command.startsWith("delete namespace ")) {
      namespaces.remove(arguments.get(2));
      return new Result(0, "deleted");
    }
    if (command.startsWith("wait --for=delete ") && nature.keepsNamespaces) {
      return new Result(1, "error: timed out waiting for the condition");
    }
    if (command.startsWith("delete pod ")) {
      return kill(arguments.get(2));
    }
    if (command.startsWith("apply -f ")) {
      return apply(Files.readString(Path.of(arguments.get(2))));
    }
    if (command.startsWith("patch ksvc kv ")) {
      rollOut();
      return new Result(0, "patched");
    }
    if (command.startsWith("get ") && command.contains("-o jsonpath=")) {
      String template = arguments.getLast().substring("jsonpath=".length());
      List<String> what =
          arguments.subList(0, arguments.indexOf("-o")).stream()
              .skip(1)
              .filter(each -> !each.startsWith("-n") && !each.startsWith("kv-verify"))
              .toList();
      return new Result(0, JsonPath.print(template, object(what)));
    }
    if (command.startsWith("exec ")) {
      List<String> run = arguments.subList(arguments.indexOf("--") + 1, arguments.size());
      return exec(arguments.get(1), arguments.get(3), run.get(2), run.subList(3, run.size()));
    }
    return new Result(0, ""); // looks for people, waits for what is already gone
  }

  private static Result notFound() {
    return new Result(1, "Error from server (NotFound)");
  }

  private Result apply(String yaml) {
    for (JsonNode object : Manifests.parse(yaml)) {
      String kind = object.path("kind").asString();
      if (kind.equals("NetworkPolicy")) {
        policies.add(object.at("/metadata/name").asString());
      } else if (kind.equals("Trigger")) {
        subscriber = object.at("/spec/subscriber/ref/name").asString();
      } else if (object.path("apiVersion").asString().equals("serving.knative.dev/v1")) {
        JsonNode template = object.at("/spec/template");
        instances =
            Integer.parseInt(
                template
                    .at("/metadata/annotations")
                    .path("autoscaling.knative.dev/min-scale")
                    .asString());
        image = template.at("/spec/containers/0/image").asString();
        generation = 1;
        pods = newPods();
      }
    }
    return new Result(0, "applied");
  }

  private String revision() {
    return "kv-%05d".formatted(generation);
  }

  private List<Pod> newPods() {
    List<Pod> made = new ArrayList<>();
    for (int i = 0; i < instances; i++) {
      named++;
      made.add(new Pod(revision() + "-" + named, revision(), "10.0.0." + named, false));
    }
    return made;
  }

  /** The old pods are seen for a few looks more. */
  private void rollOut() {
    List<Pod> old =
        pods.stream()
            .map(each -> new Pod(each.name(), each.revision(), each.address(), true))
            .toList();
    generation++;
    pods = new ArrayList<>(old);
    pods.addAll(newPods());
    looks = 0;
  }

  private Result kill(String name) {
    if (name.startsWith("-")) { // all of a namespace that goes
      return new Result(0, "");
    }
    if (!pods.removeIf(each -> each.name().equals(name))) {
      return notFound();
    }
    named++;
    pods.add(new Pod(revision() + "-" + named, revision(), "10.0.0." + named, false));
    if (instances == 1) {
      startAnew();
    }
    return new Result(0, "killed");
  }

  private void startAnew() {
    TestServer old = store;
    store = TestServer.start(Map.of());
    old.close();
  }

  /** Once the old pods go, as much is lost as this cluster loses. */
  private void settle() {
    looks++;
    if (looks == 3 && pods.removeIf(Pod::going)) {
      if (instances == 1) {
        startAnew();
      } else if (nature.losesAWrite) {
        loseAWrite();
      }
    }
  }

  private void loseAWrite() {
    HttpResponse<byte[]> listed =
        ask("GET", "/kv?prefix=load/rollout/&limit=1", Map.of(), new byte[0]);
    String key = JsonMapper.shared().readTree(listed.body()).at("/entries/0/key").asString();
    ask("DELETE", "/kv/" + key, Map.of(), new byte[0]);
  }

  /** In a container, with bash. */
  private Result exec(String pod, String namespace, String script, List<String> arguments) {
    if (!nature.hasBash) {
      return new Result(1, "error: exec: \"bash\": executable file not found in $PATH");
    }
    if (script.equals("kill -SEGV 1") && !nature.crashes) {
      return new Result(0, "");
    }
    if (script.equals("kill -SEGV 1")) {
      restarts.merge(pod, 1, Integer::sum);
      if (instances == 1) {
        startAnew();
      }
      return new Result(137, "command terminated with exit code 137");
    }
    if (!script.contains("/dev/tcp/")) {
      return new Result(0, "");
    }
    if (nature.breaksOffMostTries && arguments.stream().anyMatch(each -> each.endsWith(":5701"))) {
      return new Result(1, "error: unable to upgrade connection");
    }
    return new Result(
        0,
        arguments.stream()
            .skip(1) // the name of the script
            .filter(each -> isOpen(namespace, each))
            .map(each -> each + "\n")
            .collect(Collectors.joining()));
  }

  private boolean isOpen(String from, String target) {
    int port = Integer.parseInt(target.substring(target.indexOf(':') + 1));
    if (target.startsWith(STRANGER)) {
      return !(nature.enforcesPolicies && policies.contains("closed"));
    }
    if (!nature.enforcesPolicies) {
      return port != 8013;
    }
    return port == 8012
        || (port == 8080 && from.equals("kv-verify"))
        || (port == 5701 && nature.opensTheMemberPort);
  }

  private JsonNode object(List<String> what) {
    String kind = what.getFirst();
    String json;
    if (kind.equals("pods")) {
      settle();
      json =
          "{\"items\":[%s]}"
              .formatted(
                  pods.stream()
                      .map(
                          each ->
                              """
                              {"metadata":{"name":"%s",%s"labels":{"serving.knative.dev/revision":"%s"}},
                               "status":{"podIP":"%s","conditions":[{"type":"Ready","status":"True"}]}}
                              """
                                  .formatted(
                                      each.name(),
                                      each.going()
                                          ? "\"deletionTimestamp\":\"2026-01-01T00:00:00Z\","
                                          : "",
                                      each.revision(),
                                      each.address()))
                      .collect(Collectors.joining(",")));
    } else if (kind.equals("pod")) {
      json =
          """
          {"status":{"podIP":"%s","containerStatuses":[{"name":"store","restartCount":%d}]}}
          """
              .formatted(
                  what.get(1).equals("closed") && !nature.startsWhatIsClosed ? "" : STRANGER,
                  restarts.getOrDefault(what.get(1), 0));
    } else if (kind.equals("ksvc") && generation > 0) {
      json =
          """
          {"metadata":{"generation":%d},
           "spec":{"template":{"metadata":{"annotations":{"autoscaling.knative.dev/min-scale":"%d"}},
             "spec":{"containers":[{"image":"%s"}]}}},
           "status":{"observedGeneration":%d,"latestCreatedRevisionName":"%s",
             "latestReadyRevisionName":"%s","address":{"url":"http://%s"},
             "conditions":[{"type":"Ready","status":"%s"},
               {"type":"RoutesReady","status":"%s","reason":"%s"}]}}
          """
              .formatted(
                  generation,
                  instances,
                  image,
                  generation,
                  revision(),
                  nature.everGetsReady ? revision() : "",
                  HOST,
                  nature.hasRoute ? "True" : nature.routeStatus,
                  nature.hasRoute ? "True" : nature.routeStatus,
                  nature.hasRoute ? "" : nature.routeReason);
    } else if (kind.equals("service")) {
      json = "{\"spec\":{\"externalName\":\"kourier-internal.kourier-system.svc.cluster.local\"}}";
    } else if (kind.contains("eventing.knative.dev/kv") && nature.makesBrokers) {
      json =
          """
          {"status":{"address":{"url":"http://broker-ingress.knative-eventing.svc.cluster.local/kv-verify/kv"},
           "conditions":[{"type":"Ready","status":"True"}]}}
          """;
    } else {
      json = "{}";
    }
    return JsonMapper.shared().readTree(json);
  }

  // --- HTTP: the API server's proxies, the gateway, the Broker ---

  private void http(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    Matcher proxied =
        Pattern.compile(
                "/api/v1/namespaces/([^/]*)/(services/http:kv-direct:80|pods/http:[^:]*:8012"
                    + "|services/http:broker-ingress:80)/proxy(/.*)")
            .matcher(path);
    String host = exchange.getRequestHeaders().getFirst("Host");
    if (path.startsWith("/api/") && !nature.apiServerReachesPods) {
      exchange.sendResponseHeaders(503, -1);
      exchange.close();
    } else if (proxied.matches() && proxied.group(2).contains("broker")) {
      broker(exchange, proxied.group(1) + proxied.group(3));
    } else if (path.startsWith("/kv-verify/")) { // by a port-forward
      broker(exchange, "knative-eventing" + path);
    } else if (proxied.matches()
        && proxied.group(1).equals("kv-verify")
        && host.startsWith("127.0.0.1")) {
      pass(exchange, proxied.group(3));
    } else if (host.equals(HOST) && nature.gatewayAnswers) {
      pass(exchange, path);
    } else { // as a gateway does with a host it has no route for
      exchange.sendResponseHeaders(404, -1);
      exchange.close();
    }
  }

  private static Map<String, String> fields(HttpExchange exchange) {
    return exchange.getRequestHeaders().entrySet().stream()
        .filter(each -> each.getKey().matches("(?i)content-type|accept|prefer|ce-.*"))
        .collect(Collectors.toMap(Map.Entry::getKey, each -> each.getValue().getFirst()));
  }

  private void pass(HttpExchange exchange, String path) throws IOException {
    Map<String, String> fields = fields(exchange);
    byte[] body = exchange.getRequestBody().readAllBytes();
    String query = exchange.getRequestURI().getRawQuery();
    HttpResponse<byte[]> answer =
        ask(
            exchange.getRequestMethod(),
            query == null ? path : path + "?" + query,
            nature.forgetsEvents ? anew(fields) : fields,
            body);
    answer
        .headers()
        .firstValue("kv-event")
        .ifPresent(it -> exchange.getResponseHeaders().add("KV-Event", it));
    if (answer.body().length == 0) {
      exchange.sendResponseHeaders(answer.statusCode(), -1);
    } else {
      exchange.sendResponseHeaders(answer.statusCode(), answer.body().length);
      exchange.getResponseBody().write(answer.body());
    }
    exchange.close();
  }

  /** As a store would that knew no event again. */
  private Map<String, String> anew(Map<String, String> fields) {
    UnaryOperator<String> another = id -> id + System.nanoTime();
    return fields.entrySet().stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey,
                each ->
                    each.getKey().equalsIgnoreCase("ce-id")
                        ? another.apply(each.getValue())
                        : each.getValue()));
  }

  /** Takes it, and delivers it as the Triggers say, to where there is a way. */
  private void broker(HttpExchange exchange, String address) throws IOException {
    Map<String, String> fields = fields(exchange);
    byte[] body = exchange.getRequestBody().readAllBytes();
    boolean known = address.equals("knative-eventing/kv-verify/kv");
    exchange.sendResponseHeaders(known ? 202 : 404, -1);
    exchange.close();
    String type =
        fields.entrySet().stream()
            .filter(each -> each.getKey().equalsIgnoreCase("ce-type"))
            .map(Map.Entry::getValue)
            .collect(Collectors.joining());
    boolean reached =
        subscriber.equals("kv")
            ? nature.hasRoute
            : subscriber.equals("kv-direct")
                && (policies.contains("eventing") || !nature.enforcesPolicies);
    if (known && reached && type.equals("io.kvfunctions.put")) {
      ask("POST", "/put", fields, body);
    } else if (known && reached && type.equals("io.kvfunctions.delete")) {
      ask("POST", "/delete", fields, body);
    }
  }

  private HttpResponse<byte[]> ask(
      String method, String path, Map<String, String> fields, byte[] body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + store.port() + path))
            .method(
                method,
                body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
    fields.forEach(request::header);
    try {
      return client.send(request.build(), BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    direct.stop(0);
    client.close();
    store.close();
  }
}
