package io.kvfunctions.knative;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.knative.duck.v1.DeliverySpec;
import io.fabric8.knative.duck.v1.Destination;
import io.fabric8.knative.eventing.v1.Broker;
import io.fabric8.knative.eventing.v1.Trigger;
import io.fabric8.knative.serving.v1.RevisionSpec;
import io.fabric8.knative.sources.v1.KafkaSource;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.kvfunctions.Application;
import io.kvfunctions.http.RawAnswer;
import io.kvfunctions.http.RawClient;
import io.kvfunctions.settings.KvSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.events.ScalarEvent;
import tools.jackson.databind.JsonNode;

/** What is applied to a cluster, against what Knative takes and what the application does. */
class ManifestsTest {
  private static final String STORE = "kv";
  private static final Map<String, String> PODS = Map.of("serving.knative.dev/service", STORE);

  /** Of queue-proxy, in the pods of every Knative Service. */
  private static final Set<Integer> RESERVED = Set.of(8008, 8012, 8013, 8022, 8112, 9090, 9091);

  private static final Duration QUIET_PERIOD = Duration.ofSeconds(30);
  private static final Duration ANNOUNCEMENT = Duration.ofSeconds(3);

  /** By default, as max-revision-timeout-seconds. */
  private static final Duration MOST_OF_KNATIVE = Duration.ofMinutes(10);

  private static final KvSettings DEFAULTS = bind(Map.of());

  /** Settings as the application makes them of these variables of its environment. */
  private static KvSettings bind(Map<String, String> variables) {
    return Binder.get(environment(variables)).bindOrCreate("kv", KvSettings.class);
  }

  private static StandardEnvironment environment(Map<String, String> variables) {
    StandardEnvironment environment = new StandardEnvironment();
    environment.getPropertySources().remove("systemProperties");
    environment.getPropertySources().replace("systemEnvironment", source(variables));
    return environment;
  }

  private static SystemEnvironmentPropertySource source(Map<String, String> variables) {
    return new SystemEnvironmentPropertySource(
        StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, new HashMap<>(variables));
  }

  private static io.fabric8.knative.serving.v1.Service store(List<HasMetadata> objects) {
    return Manifests.one(objects, io.fabric8.knative.serving.v1.Service.class, STORE);
  }

  private static RevisionSpec revision(List<HasMetadata> objects) {
    return store(objects).getSpec().getTemplate().getSpec();
  }

  private static Container container(List<HasMetadata> objects) {
    assertThat(revision(objects).getContainers()).hasSize(1);
    return revision(objects).getContainers().getFirst();
  }

  private static Map<String, String> variables(List<HasMetadata> objects) {
    return container(objects).getEnv().stream()
        .collect(Collectors.toMap(EnvVar::getName, EnvVar::getValue));
  }

  // --- How it is read ---

  private static final String SERVICE =
      """
      apiVersion: serving.knative.dev/v1
      kind: Service
      metadata: {name: kv}
      spec:
        template:
          metadata:
            annotations: {autoscaling.knative.dev/min-scale: "3"}
          spec:
            containerConcurrency: 0
            containers:
            - image: kv-functions
              securityContext: {runAsNonRoot: true}
      """;

  /** What a cluster would refuse, or take for something else, is not read either. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "min-scale: \"3\" -> min-scale: 3",
        "min-scale: \"3\" -> min-scale: true",
        "containerConcurrency: 0 -> containerConcurrency: \"0\"",
        "containerConcurrency: 0 -> containerConcurency: 0",
        "image: kv-functions -> image: kv-functions\n        imagePullPolitics: Never",
        "runAsNonRoot: true -> runAsNonRoot: true, runAsNobody: true",
        "runAsNonRoot: true -> runAsNonRoot: \"true\"",
        "kind: Service -> kind: Servise",
        "serving.knative.dev/v1 -> serving.knative.dev/v1alpha1"
      })
  void whatIsMisspeltOrOfAnotherType_isNotRead(String change) throws IOException {
    assertThat(Manifests.read(SERVICE)).hasSize(1);
    String[] part = change.split(" -> ", 2);
    assertThat(SERVICE).contains(part[0]);

    String changed = SERVICE.replace(part[0], part[1]);

    assertThatThrownBy(() -> Manifests.read(changed)).isInstanceOf(IllegalArgumentException.class);
  }

  /** To a cluster, whose YAML is 1.1, these are booleans, also as the name of a variable. */
  @Test
  void nothingIsABooleanByAccident() throws IOException {
    assertThat(accidents("- {name: N, value: y}")).containsExactly("N", "y");
    assertThat(accidents("- {name: \"N\", value: true}")).isEmpty();
    try (Stream<Path> files = Files.walk(Manifests.FOLDER)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".yaml")).toList()) {
        assertThat(accidents(Files.readString(file))).as(file.toString()).isEmpty();
      }
    }
  }

  private static List<String> accidents(String yaml) {
    Pattern spelling = Pattern.compile("y|n|yes|no|on|off|true|false", Pattern.CASE_INSENSITIVE);
    List<String> found = new ArrayList<>();
    new Yaml()
        .parse(new java.io.StringReader(yaml))
        .forEach(
            event -> {
              if (event instanceof ScalarEvent scalar
                  && scalar.getScalarStyle() == ScalarStyle.PLAIN
                  && spelling.matcher(scalar.getValue()).matches()
                  && !Set.of("true", "false").contains(scalar.getValue())) {
                found.add(scalar.getValue());
              }
            });
    return found;
  }

  // --- The number of instances ---

  @Test
  void theNumberOfInstances_isStatedOnce_andEverythingFollows(@TempDir Path folder)
      throws Exception {
    Path copy = Manifests.copy(folder.resolve("knative"));
    Path stated = copy.resolve("overlays/grid/instances.yaml");
    String three = Manifests.build(copy.resolve("overlays/grid"));
    Files.writeString(
        stated, Files.readString(stated).replace("instances: \"3\"", "instances: \"17\""));

    String seventeen = Manifests.build(copy.resolve("overlays/grid"));

    // Nothing else changes, and nothing is left as it was.
    assertThat(seventeen).isEqualTo(three.replace("\"3\"", "\"17\"")).doesNotContain("\"3\"");
    List<HasMetadata> objects = Manifests.read(seventeen);
    assertPinned(objects, "17");
    assertThat(bind(variables(objects)).grid().instances()).isEqualTo(17);
  }

  @Test
  void instances_arePinned() throws Exception {
    assertPinned(Manifests.of("single"), "1");
    assertPinned(Manifests.of("grid"), "3");
    assertThat(bind(variables(Manifests.of("single"))).grid().isOn()).isFalse();
    assertThat(bind(variables(Manifests.of("grid"))).grid().instances()).isEqualTo(3);
  }

  private static void assertPinned(List<HasMetadata> objects, String instances) {
    // Exactly these: Knative refuses others under its domain, and any of them on the Service
    // itself.
    assertThat(store(objects).getSpec().getTemplate().getMetadata().getAnnotations())
        .containsOnly(
            Map.entry("autoscaling.knative.dev/min-scale", instances),
            Map.entry("autoscaling.knative.dev/max-scale", instances),
            Map.entry("autoscaling.knative.dev/initial-scale", instances),
            Map.entry("autoscaling.knative.dev/class", "kpa.autoscaling.knative.dev"),
            Map.entry("autoscaling.knative.dev/target-burst-capacity", "0"),
            Map.entry("features.knative.dev/http-full-duplex", "Enabled"));
    assertThat(store(objects).getMetadata().getAnnotations()).isNullOrEmpty();
    assertThat(store(objects).getMetadata().getLabels())
        .containsEntry("networking.knative.dev/visibility", "cluster-local");
    assertThat(revision(objects).getContainerConcurrency()).isZero();
  }

  @Test
  void asManyMayBeDisruptedAtOnce_asThereAreBackups() throws Exception {
    List<HasMetadata> grid = Manifests.of("grid");
    PodDisruptionBudget budget = Manifests.one(grid, PodDisruptionBudget.class, STORE);

    assertThat(budget.getSpec().getMaxUnavailable().getIntVal())
        .isEqualTo(bind(variables(grid)).grid().backups());
    assertThat(budget.getSpec().getMinAvailable()).isNull();
    assertThat(budget.getSpec().getSelector().getMatchLabels()).isEqualTo(PODS);
  }

  // --- Names, selectors, ports ---

  @ParameterizedTest
  @ValueSource(strings = {"single", "grid"})
  void servicesOfOurs_selectThePodsOfAllRevisions_andHaveNamesOfTheirOwn(String overlay)
      throws Exception {
    List<HasMetadata> objects = Manifests.of(overlay);
    for (Service service : Manifests.all(objects, Service.class)) {
      assertThat(service.getSpec().getSelector()).isEqualTo(PODS);
      // Knative makes Services named as its own, and as revisions: kv-00001, kv-00001-private.
      assertThat(service.getMetadata().getName()).isNotEqualTo(STORE).doesNotMatch("kv-[0-9].*");
    }
    for (NetworkPolicy policy : Manifests.all(objects, NetworkPolicy.class)) {
      assertThat(policy.getSpec().getPodSelector().getMatchLabels()).isEqualTo(PODS);
      assertThat(policy.getSpec().getPolicyTypes()).containsExactly("Ingress");
    }
    // The user's namespace, whichever it is: the name by which members are found has none either.
    assertThat(objects).allSatisfy(each -> assertThat(each.getMetadata().getNamespace()).isNull());
  }

  @Test
  void members_areFoundByTheNameOfTheirService_readyOrNot() throws Exception {
    List<HasMetadata> grid = Manifests.of("grid");
    KvSettings.Grid settings = bind(variables(grid)).grid();
    Service members = Manifests.one(grid, Service.class, settings.dns());

    assertThat(members.getSpec().getClusterIP()).isEqualTo("None");
    assertThat(members.getSpec().getPublishNotReadyAddresses()).isTrue();
    assertThat(members.getSpec().getPorts())
        .singleElement()
        .satisfies(port -> assertThat(port.getPort()).isEqualTo(settings.port()));
  }

  @Test
  void theClustersName_isReadFromTheSecretThatIsMounted() throws Exception {
    List<HasMetadata> grid = Manifests.of("grid");
    Path file = Path.of(bind(variables(grid)).grid().clusterFile());
    Secret secret = Manifests.one(grid, Secret.class, "kv-cluster");
    Volume volume =
        revision(grid).getVolumes().stream()
            .filter(each -> each.getName().equals("cluster"))
            .findFirst()
            .orElseThrow();

    assertThat(volume.getSecret().getSecretName()).isEqualTo(secret.getMetadata().getName());
    assertThat(container(grid).getVolumeMounts())
        .filteredOn(mount -> mount.getName().equals("cluster"))
        .singleElement()
        .satisfies(
            mount -> {
              assertThat(Path.of(mount.getMountPath())).isEqualTo(file.getParent());
              assertThat(mount.getReadOnly()).isTrue(); // or Knative refuses it
            });
    assertThat(secret.getData()).containsOnlyKeys(file.getFileName().toString());
  }

  /** What {@code kustomize edit set image} leaves behind is what runs, also without a registry. */
  @ParameterizedTest
  @ValueSource(strings = {"single", "grid"})
  void theImage_isTheOneThatWasSet(String overlay, @TempDir Path folder) throws Exception {
    Path copy = Manifests.copy(folder.resolve("knative")).resolve("overlays").resolve(overlay);
    Path stated = copy.resolve("kustomization.yaml");
    String before = Files.readString(stated);
    String after =
        before
            .replace("newName: kv-functions", "newName: dev.local/kv-functions")
            .replace("newTag: 0.1.0", "newTag: \"1\"");
    Files.writeString(stated, after);

    Container container = container(Manifests.read(Manifests.build(copy)));

    assertThat(container.getImage()).isEqualTo("dev.local/kv-functions:1");
    assertThat(container.getImagePullPolicy()).isEqualTo("IfNotPresent");
  }

  /** The line for those who have no {@code kustomize}, as it stands there. */
  @Test
  void theImage_isTheOneThatWasSet_byTheLineOfTheReadme(@TempDir Path folder) throws Exception {
    Path copy = Manifests.copy(folder.resolve("knative"));
    String line =
        Files.readAllLines(Manifests.FOLDER.resolve("README.md")).stream()
            .filter(each -> each.startsWith("sed "))
            .collect(Collectors.joining("\n"));

    Process process =
        new ProcessBuilder("bash", "-c", line).directory(folder.toFile()).inheritIO().start();

    assertThat(process.waitFor()).isZero();
    assertThat(container(Manifests.read(Manifests.build(copy.resolve("overlays/grid")))).getImage())
        .isEqualTo("dev.local/kv-functions:1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"single", "grid"})
  void ports_agree(String overlay) throws Exception {
    List<HasMetadata> objects = Manifests.of(overlay);
    Container container = container(objects);
    assertThat(container.getPorts()).hasSize(1);
    int port = container.getPorts().getFirst().getContainerPort();

    Service direct = Manifests.one(objects, Service.class, "kv-direct");
    assertThat(direct.getSpec().getPorts()).hasSize(1);
    assertThat(direct.getSpec().getPorts().getFirst().getTargetPort().getIntVal()).isEqualTo(port);
    for (var probe : List.of(container.getStartupProbe(), container.getReadinessProbe())) {
      assertThat(probe.getHttpGet().getPort().getIntVal()).isEqualTo(port);
      assertThat(probe.getPeriodSeconds()).isPositive(); // or Knative asks in a way of its own
      assertThat(probe.getSuccessThreshold()).isEqualTo(1);
    }
    assertThat(List.of(port, 8081, DEFAULTS.grid().port()))
        .doesNotHaveDuplicates()
        .doesNotContainAnyElementsOf(RESERVED);
  }

  @Test
  void portsThatAreOpen_andToWhom() throws Exception {
    Map<Integer, String> single = new TreeMap<>();
    single.put(8012, "anybody");
    single.put(8112, "anybody");
    single.put(9090, "namespaces {kubernetes.io/metadata.name=knative-serving}");
    single.put(8080, "pods {}");
    Map<Integer, String> grid = new TreeMap<>(single);
    grid.put(DEFAULTS.grid().port(), "pods " + PODS);

    assertThat(open(Manifests.of("single"))).isEqualTo(single);
    assertThat(open(Manifests.of("grid"))).isEqualTo(grid);
  }

  /** Of all policies together, which add up. */
  private static Map<Integer, String> open(List<HasMetadata> objects) {
    Map<Integer, String> open = new TreeMap<>();
    for (NetworkPolicy policy : Manifests.all(objects, NetworkPolicy.class)) {
      for (NetworkPolicyIngressRule rule : policy.getSpec().getIngress()) {
        assertThat(rule.getPorts()).as("a rule without ports opens all").isNotEmpty();
        String whom =
            rule.getFrom().isEmpty()
                ? "anybody"
                : rule.getFrom().stream()
                    .map(
                        peer ->
                            peer.getPodSelector() == null
                                ? "namespaces " + peer.getNamespaceSelector().getMatchLabels()
                                : "pods " + peer.getPodSelector().getMatchLabels())
                    .collect(Collectors.joining(" and "));
        for (NetworkPolicyPort port : rule.getPorts()) {
          assertThat(open.put(port.getPort().getIntVal(), whom)).isNull();
        }
      }
    }
    return open;
  }

  // --- What Knative takes ---

  /** Without a feature flag: fields of a revision, of its container, and kinds of volumes. */
  private static final Set<String> FIELDS =
      Set.of(
          "spec.automountServiceAccountToken",
          "spec.containerConcurrency",
          "spec.enableServiceLinks",
          "spec.serviceAccountName",
          "spec.timeoutSeconds",
          "spec.containers.env.name",
          "spec.containers.env.value",
          "spec.containers.image",
          "spec.containers.imagePullPolicy",
          "spec.containers.name",
          "spec.containers.ports.containerPort",
          "spec.containers.readinessProbe.*",
          "spec.containers.startupProbe.*",
          "spec.containers.resources.limits.*",
          "spec.containers.resources.requests.*",
          "spec.containers.securityContext.allowPrivilegeEscalation",
          "spec.containers.securityContext.capabilities.drop",
          "spec.containers.securityContext.readOnlyRootFilesystem",
          "spec.containers.securityContext.runAsNonRoot",
          "spec.containers.securityContext.seccompProfile.type",
          "spec.containers.volumeMounts.mountPath",
          "spec.containers.volumeMounts.name",
          "spec.containers.volumeMounts.readOnly",
          "spec.volumes.emptyDir.sizeLimit",
          "spec.volumes.name",
          "spec.volumes.secret.secretName");

  @ParameterizedTest
  @ValueSource(strings = {"single", "grid"})
  void nothingTakesAFeatureFlag(String overlay) throws Exception {
    assertThat(beyond(revisionOf(Manifests.build(Manifests.overlay(overlay))))).isEmpty();
  }

  @Test
  void whatWouldTakeAFeatureFlag_isSeen() {
    String spec =
        """
        spec:
          affinity: {nodeAffinity: {}}
          terminationGracePeriodSeconds: 60
          containers:
          - name: store
            lifecycle: {preStop: {sleep: {seconds: 1}}}
            env: [{name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
        """;
    assertThat(beyond(Manifests.parse(spec).getFirst()))
        .containsExactly(
            "spec.affinity.nodeAffinity",
            "spec.containers.env.valueFrom.fieldRef.fieldPath",
            "spec.containers.lifecycle.preStop.sleep.seconds",
            "spec.terminationGracePeriodSeconds",
            "spec.volumes.persistentVolumeClaim.claimName");
  }

  private static JsonNode revisionOf(String yaml) {
    return Manifests.parse(yaml).stream()
        .filter(each -> each.path("apiVersion").asString().equals("serving.knative.dev/v1"))
        .findFirst()
        .orElseThrow()
        .at("/spec/template");
  }

  private static Set<String> beyond(JsonNode template) {
    Set<String> paths = new TreeSet<>();
    collect("spec", template.get("spec"), paths);
    paths.removeIf(
        path ->
            FIELDS.contains(path)
                || FIELDS.stream()
                    .filter(field -> field.endsWith(".*"))
                    .anyMatch(field -> path.startsWith(field.substring(0, field.length() - 1))));
    return paths;
  }

  private static void collect(String path, JsonNode node, Set<String> paths) {
    if (node.isArray()) {
      node.forEach(each -> collect(path, each, paths));
    } else if (node.isObject() && !node.isEmpty()) {
      node.properties()
          .forEach(each -> collect(path + "." + each.getKey(), each.getValue(), paths));
    } else {
      paths.add(path);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"single", "grid"})
  void pods_areRestricted_andHaveTheMemoryTheyAskFor(String overlay) throws Exception {
    List<HasMetadata> objects = Manifests.of(overlay);
    RevisionSpec revision = revision(objects);
    Container container = container(objects);

    assertRestricted(container.getSecurityContext());
    assertThat(container.getResources().getLimits()).containsOnlyKeys("memory");
    assertThat(container.getResources().getRequests().get("memory"))
        .isEqualTo(container.getResources().getLimits().get("memory"));
    assertThat(container.getVolumeMounts())
        .anySatisfy(mount -> assertThat(mount.getMountPath()).isEqualTo("/tmp"));
    assertThat(revision.getAutomountServiceAccountToken()).isFalse();
    assertThat(revision.getEnableServiceLinks()).isFalse();
    assertThat(
            Manifests.one(objects, ServiceAccount.class, revision.getServiceAccountName())
                .getAutomountServiceAccountToken())
        .isFalse();
  }

  private static void assertRestricted(SecurityContext security) {
    assertThat(security.getRunAsNonRoot()).isTrue();
    assertThat(security.getReadOnlyRootFilesystem()).isTrue();
    assertThat(security.getAllowPrivilegeEscalation()).isFalse();
    assertThat(security.getCapabilities().getDrop()).containsExactly("ALL");
    assertThat(security.getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
  }

  // --- What the application does with it ---

  @Test
  void everyVariable_isASettingOfTheStore() throws Exception {
    Map<String, String> grid = variables(Manifests.of("grid"));
    Set<String> known =
        DEFAULTS.byName().keySet().stream()
            .map(
                name -> name.toUpperCase(java.util.Locale.ROOT).replace('.', '_').replace('-', '_'))
            .collect(Collectors.toSet());

    assertThat(variables(Manifests.of("single"))).isEmpty();
    assertThat(grid.keySet()).isNotEmpty().isSubsetOf(known);
    Map<String, String> changed = new TreeMap<>(bind(grid).byName());
    changed.entrySet().removeAll(DEFAULTS.byName().entrySet());
    assertThat(changed)
        .isEqualTo(
            Map.of(
                "kv.grid.dns", "kv-members",
                "kv.grid.instances", "3",
                "kv.grid.cluster-file", "/etc/kv-functions/cluster/name",
                "kv.grid.leave-timeout", "5m"));
  }

  @Test
  void probes_areAnsweredAsTheyShould_byOneInstance() throws Exception {
    List<HasMetadata> single = Manifests.of("single");
    int port = freePort();
    Map<String, String> variables = new HashMap<>(variables(single));
    variables.put("PORT", Integer.toString(port)); // as Knative does
    try (ConfigurableApplicationContext context = start(variables, List.of())) {
      assertThat(port(context)).isEqualTo(port);
      assertThat(get(port, container(single).getStartupProbe().getHttpGet().getPath()))
          .isEqualTo(200);
      assertThat(get(port, container(single).getReadinessProbe().getHttpGet().getPath()))
          .isEqualTo(200);
    }
  }

  /** Alone, of three: alive, so that it is left to wait for the others, and not ready. */
  @Test
  void probes_areAnsweredAsTheyShould_byAnInstanceThatWaitsForOthers(@TempDir Path folder)
      throws Exception {
    List<HasMetadata> grid = Manifests.of("grid");
    int port = freePort();
    Map<String, String> variables = new HashMap<>(variables(grid));
    variables.put("PORT", Integer.toString(port));
    Path mounted = Path.of(variables.get("KV_GRID_CLUSTER_FILE"));
    Files.writeString(folder.resolve(mounted.getFileName().toString()), "of the test");
    List<String> here =
        List.of(
            "--kv.grid.cluster-file=" + folder.resolve(mounted.getFileName().toString()),
            "--kv.grid.address=127.0.0.1",
            "--kv.grid.port=" + freePort());
    try (ConfigurableApplicationContext context = start(variables, here)) {
      assertThat(get(port, container(grid).getStartupProbe().getHttpGet().getPath()))
          .isEqualTo(200);
      assertThat(get(port, container(grid).getReadinessProbe().getHttpGet().getPath()))
          .isEqualTo(503);
      Duration phase =
          context
              .getEnvironment()
              .getRequiredProperty("spring.lifecycle.timeout-per-shutdown-phase", Duration.class);
      assertThat(phase).isGreaterThan(DEFAULTS.http().drainTimeout());
      Duration toStop =
          QUIET_PERIOD
              .plus(phase)
              .plus(ANNOUNCEMENT)
              .plus(context.getBean(KvSettings.class).grid().leaveTimeout());
      Duration toTheKill = Duration.ofSeconds(revision(grid).getTimeoutSeconds());
      assertThat(toTheKill).isLessThanOrEqualTo(MOST_OF_KNATIVE);
      // The rest is for requests that keep coming, each of which has Knative wait anew.
      assertThat(toTheKill.minus(toStop)).isGreaterThan(Duration.ofMinutes(3));
    }
  }

  private static ConfigurableApplicationContext start(
      Map<String, String> variables, List<String> arguments) {
    SpringApplication application = new SpringApplication(Application.class);
    application.addInitializers(
        context ->
            context
                .getEnvironment()
                .getPropertySources()
                .replace("systemEnvironment", source(variables)));
    List<String> all = new ArrayList<>(arguments);
    all.add("--management.server.port=0");
    return application.run(all.toArray(String[]::new));
  }

  private static int port(ConfigurableApplicationContext context) {
    return context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static int get(int port, String path) throws IOException {
    return answer(port, "GET " + path + " HTTP/1.1\r\nHost: kv\r\n\r\n").status();
  }

  private static RawAnswer answer(int port, String request) throws IOException {
    try (RawClient client = new RawClient("127.0.0.1", port)) {
      client.send(request.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      return client.receive(false);
    }
  }

  // --- Events ---

  @Test
  void triggers_takeCommandsAlone_toWhereTheApplicationTakesThem() throws Exception {
    List<HasMetadata> events = Manifests.of("events");
    Map<String, String> expected =
        Map.of("io.kvfunctions.put", "/put", "io.kvfunctions.delete", "/delete");
    Map<String, String> found = new HashMap<>();
    try (ConfigurableApplicationContext context = start(Map.of("PORT", "0"), List.of())) {
      for (Trigger trigger : Manifests.all(events, Trigger.class)) {
        Manifests.one(events, Broker.class, trigger.getSpec().getBroker());
        Map<String, String> filter = trigger.getSpec().getFilter().getAttributes();
        assertThat(filter).containsOnlyKeys("type");
        assertThat(trigger.getSpec().getFilters()).isEmpty();
        assertIsTheStore(trigger.getSpec().getSubscriber());
        assertDelivery(events, trigger.getSpec().getDelivery());
        String type = filter.get("type");
        String uri = trigger.getSpec().getSubscriber().getUri();
        found.put(type, uri);
        RawAnswer answer =
            answer(
                port(context),
                ("POST %s HTTP/1.1\r\nHost: kv\r\nce-specversion: 1.0\r\nce-id: 1\r\nce-source: /t\r\n"
                        + "ce-type: %s\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n%s")
                    .formatted(uri, type, "{\"key\":\"a\"}"));
        // Without a value it is no put: refused, and not for the wrong function.
        assertThat(answer.status()).isEqualTo(uri.equals("/put") ? 400 : 204);
      }
    }
    assertThat(found).isEqualTo(expected);
  }

  @Test
  void theExampleOfASource_isOne() throws Exception {
    List<HasMetadata> events = Manifests.of("events");
    Path example = Manifests.overlay("events").resolve("kafka-source.yaml");
    KafkaSource source =
        Manifests.one(Manifests.read(Files.readString(example)), KafkaSource.class, STORE);

    assertIsTheStore(source.getSpec().getSink());
    assertThat(source.getSpec().getSink().getUri()).isEqualTo("/put");
    assertThat(source.getSpec().getOrdering()).isEqualTo("ordered");
    assertDelivery(events, source.getSpec().getDelivery());
  }

  private static void assertIsTheStore(Destination destination) {
    assertThat(destination.getRef().getApiVersion()).isEqualTo("serving.knative.dev/v1");
    assertThat(destination.getRef().getKind()).isEqualTo("Service");
    assertThat(destination.getRef().getName()).isEqualTo(STORE);
    assertThat(destination.getRef().getNamespace()).isNull();
  }

  private static void assertDelivery(List<HasMetadata> events, DeliverySpec delivery) {
    assertThat(delivery.getBackoffPolicy()).isEqualTo("exponential");
    Duration wait = Duration.parse(delivery.getBackoffDelay());
    Duration all = Duration.ZERO;
    for (int retry = 0; retry < delivery.getRetry(); retry++) {
      all = all.plus(wait.multipliedBy(1L << retry));
    }
    // Longer than an instance may be missed, shorter than it is remembered what was applied.
    assertThat(all).isBetween(Duration.ofMinutes(2), DEFAULTS.events().window().dividedBy(2));

    assertThat(delivery.getDeadLetterSink().getRef().getApiVersion()).isEqualTo("v1");
    assertThat(delivery.getDeadLetterSink().getRef().getKind()).isEqualTo("Service");
    Service sink =
        Manifests.one(events, Service.class, delivery.getDeadLetterSink().getRef().getName());
    Deployment deployment = Manifests.one(events, Deployment.class, sink.getMetadata().getName());
    assertThat(sink.getSpec().getSelector())
        .isEqualTo(deployment.getSpec().getTemplate().getMetadata().getLabels())
        .doesNotContainKeys(PODS.keySet().toArray(String[]::new));
    assertThat(deployment.getSpec().getTemplate().getSpec().getContainers())
        .allSatisfy(
            container -> {
              assertThat(container.getImage()).doesNotContain("kv-functions");
              assertThat(container.getImagePullPolicy()).isEqualTo("IfNotPresent");
              assertRestricted(container.getSecurityContext());
            });
  }
}
