package io.kvfunctions.knative;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.http.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code knative/verify} itself, as it would run, against a cluster that is none. */
class VerifyTest {
  /** Far longer than it takes. */
  private static final int PATIENCE_SECONDS = 300;

  @TempDir private Path folder;

  private record Run(int status, List<String> lines, String said) {}

  private Process start(FakeCluster cluster, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Manifests.FOLDER.resolve("verify").toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.put("PATH", cluster.bin() + ":" + environment.get("PATH"));
    environment.put("TMPDIR", Files.createDirectories(folder.resolve("tmp")).toString());
    environment.put("KV_VERIFY_POLL", "0.1");
    environment.put("KV_VERIFY_START", "5");
    environment.put("KV_VERIFY_GONE", "10");
    environment.put("KV_VERIFY_ANSWER", "5");
    environment.put("KV_VERIFY_SETTLE", "0.1");
    return builder
        .redirectOutput(folder.resolve("out").toFile())
        .redirectError(folder.resolve("err").toFile())
        .start();
  }

  private Run run(FakeCluster cluster, String... arguments) throws Exception {
    return end(cluster, start(cluster, arguments));
  }

  /** Whatever came of it, nothing is left behind. */
  private Run end(FakeCluster cluster, Process process) throws Exception {
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("it ends").isTrue();
    Run run =
        new Run(
            process.exitValue(),
            Files.readAllLines(folder.resolve("out")),
            Files.readString(folder.resolve("err")));
    assertThat(cluster.namespaces()).as("%s", run).isSubsetOf("of-others");
    try (Stream<Path> left = Files.list(folder.resolve("tmp"))) {
      assertThat(left).as("%s", run).isEmpty();
    }
    assertThat(process.descendants()).isEmpty();
    assertThat(ProcessHandle.allProcesses().map(each -> each.info().commandLine().orElse("")))
        .noneMatch(each -> each.contains(folder.toString()));
    return run;
  }

  private static String line(Run run, String part) {
    List<String> found = run.lines().stream().filter(each -> each.contains(part)).toList();
    assertThat(found).as("%s in %s", part, run).hasSize(1);
    return found.getFirst();
  }

  @Test
  void aGridThatHolds_isOk() throws Exception {
    try (FakeCluster cluster = new FakeCluster(folder, new FakeCluster.Nature())) {
      Run run = run(cluster, "--image", "dev.local/kv-functions:1");

      assertThat(run.status()).as("%s", run).isZero();
      assertThat(run.lines()).noneMatch(each -> each.startsWith("FAIL"));
      assertThat(line(run, "a rollout under load"))
          .matches("ok    a rollout under load: [0-9]{3,} writes acknowledged, 0 lost, .*");
      assertThat(line(run, "a crash under load")).contains(", 0 lost,");
      assertThat(line(run, "a killed pod under load")).contains(", 0 lost,");
      assertThat(line(run, "entries of the data set")).startsWith("ok    418 ");
      assertThat(line(run, "entries read by a stream")).startsWith("ok    33440 ");
      assertThat(line(run, "all of the data set is there after the rollout")).startsWith("ok ");
      assertThat(line(run, "3 of 3 pods are ready after")).startsWith("ok ");
      assertThat(line(run, "are closed to a stranger")).startsWith("ok    the ports 5701, 8080,");
      assertThat(line(run, "the Broker")).startsWith("skip ");
      assertThat(run.lines()).filteredOn(each -> each.startsWith("skip")).hasSize(1);
      assertThat(line(run, "redelivery changes nothing")).startsWith("ok ");
      assertThat(cluster.image()).isEqualTo("dev.local/kv-functions:1");
    }
  }

  @Test
  void aSingleInstance_losesEverything_asDocumented() throws Exception {
    try (FakeCluster cluster = new FakeCluster(folder, new FakeCluster.Nature())) {
      Run run = run(cluster, "--overlay", "single");

      assertThat(run.status()).as("%s", run).isZero();
      assertThat(line(run, "a rollout under load"))
          .matches("ok .* [1-9][0-9]* lost, .*: as documented for a single instance");
      assertThat(line(run, "the data set is gone after the rollout")).startsWith("ok ");
      assertThat(line(run, "the data set is gone after the crash")).startsWith("ok ");
      assertThat(line(run, "the data set is gone after the kill")).startsWith("ok ");
    }
  }

  @Test
  void aWriteThatIsLost_isSeen() throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.losesAWrite = true;
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      Run run = run(cluster);

      assertThat(run.status()).as("%s", run).isEqualTo(1);
      assertThat(line(run, "a rollout under load"))
          .matches("FAIL .* acknowledged, 1 lost, .*: load/rollout/0/1 \\(404\\)");
      assertThat(line(run, "a crash under load")).startsWith("ok ");
    }
  }

  @Test
  void eventsGoThroughTheBroker_whereThereIsOne() throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.eventing = true;
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      Run run = run(cluster, "--url", "http://127.0.0.1:" + cluster.port());

      assertThat(run.status()).as("%s", run).isZero();
      assertThat(line(run, "an event through the Broker is applied")).startsWith("ok ");
      assertThat(line(run, "redelivery changes nothing")).startsWith("ok ");
      assertThat(line(run, "an event through the Broker deletes")).startsWith("ok ");
    }
  }

  @Test
  void anEventThatIsAppliedTwice_isSeen() throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.forgetsEvents = true;
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      Run run = run(cluster, "--overlay", "single");

      assertThat(run.status()).as("%s", run).isEqualTo(1);
      assertThat(line(run, "redelivery changes nothing")).startsWith("FAIL ");
    }
  }

  @Test
  void aPortThatIsOpenToStrangers_isSeen_whereTheNetworkEnforcesPolicies() throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.opensTheMemberPort = true;
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      Run run = run(cluster);

      assertThat(run.status()).as("%s", run).isEqualTo(1);
      assertThat(line(run, "open to a stranger"))
          .isEqualTo(
              "FAIL  ports that are open to a stranger: 5701 ; to a pod beside the store: 5701 8080 ");
    }
  }

  @Test
  void aNetworkThatEnforcesNoPolicies_isNoFault_andThereMayBeNoRoute() throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.enforcesPolicies = false;
    nature.hasRoute = false;
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      Run run = run(cluster);

      assertThat(run.status()).as("%s", run).isZero();
      assertThat(line(run, "the route: it is not ready, IngressNotConfigured")).startsWith("skip ");
      assertThat(line(run, "ports that are closed")).startsWith("skip ").contains("5701 8008");
    }
  }

  /** Until the rollout, which is refused. */
  private Run runUntilTheRollout(FakeCluster.Nature nature) throws Exception {
    nature.refuses = "patch";
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      Run run = run(cluster, "--overlay", "single");

      assertThat(run.status()).as("%s", run).isEqualTo(1);
      assertThat(line(run, "read through kv-direct")).startsWith("ok ");
      return run;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Unknown, IngressNotConfigured, false",
    "Unknown, Uninitialized, false",
    "Unknown, '', false",
    "Unknown, CertificateNotReady, true",
    "False, '', true",
    "False, IngressNotConfigured, true",
    "False, RevisionMissing, true"
  })
  void aRouteThatIsBroken_isAFault_andOneThatNobodyMakesIsNot(
      String status, String reason, boolean isFault) throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.hasRoute = false;
    nature.routeStatus = status;
    nature.routeReason = reason;

    Run run = runUntilTheRollout(nature);

    assertThat(run.lines())
        .filteredOn(each -> each.startsWith("FAIL  the route is ready: "))
        .hasSize(isFault ? 1 : 0)
        .allMatch(each -> each.endsWith(reason.isEmpty() ? "no reason is said" : reason));
    assertThat(line(run, "the route: it is not ready")).startsWith("skip ").contains(reason);
    assertThat(line(run, "a stream both ways")).startsWith("skip ");
  }

  @Test
  void aRouteThatIsReadyAndDoesNotAnswer_isAFault() throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.gatewayAnswers = false;

    Run run = runUntilTheRollout(nature);

    assertThat(line(run, "the route answers as kv.kv-verify.")).startsWith("FAIL ").contains("404");
    assertThat(line(run, "nothing answers at its gateway")).startsWith("skip ");
  }

  @Test
  void withoutARoute_theBrokerDeliversRoundIt() throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.eventing = true;
    nature.hasRoute = false;
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      Run run = run(cluster);

      assertThat(run.status()).as("%s", run).isZero();
      assertThat(line(run, "the Broker by the route")).startsWith("skip ").endsWith("kv-direct");
      assertThat(line(run, "an event through the Broker deletes")).startsWith("ok ");
    }
  }

  @Test
  void whereNothingMakesBrokers_eventsGoStraight() throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.eventing = true;
    nature.makesBrokers = false;
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      Run run = run(cluster, "--url", "direct");

      assertThat(run.status()).as("%s", run).isZero();
      assertThat(line(run, "the Broker")).startsWith("skip ");
      assertThat(line(run, "redelivery changes nothing")).startsWith("ok ");
    }
  }

  /** Policies may keep it out, and an image of the user's own may have no bash. */
  @Test
  void whatCannotBeReached_isReachedAnotherWay_orNotLookedAt() throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.eventing = true;
    nature.apiServerReachesPods = false;
    nature.hasBash = false;
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      Run run = run(cluster);

      assertThat(run.status()).as("%s", run).isZero();
      assertThat(run.lines()).filteredOn(each -> each.contains("the queue-proxy of")).hasSize(3);
      assertThat(line(run, "written through the route, read through kv-direct")).startsWith("ok ");
      assertThat(line(run, "an event through the Broker is applied")).startsWith("ok ");
      assertThat(line(run, "a crash: there is no bash")).startsWith("skip ");
      assertThat(line(run, "a killed pod under load")).startsWith("ok ");
      assertThat(line(run, "ports that are closed")).startsWith("skip ");
    }
  }

  @Test
  void aCrashThatCannotBeCaused_isNotLookedAt() throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.crashes = false;
    nature.refuses = "delete pod kv-"; // which comes next, and ends it
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      Run run = run(cluster);

      assertThat(line(run, "a crash: the store in kv-")).startsWith("skip ");
      assertThat(run.lines()).noneMatch(each -> each.contains("a crash under load"));
      assertThat(run.lines()).noneMatch(each -> each.contains("after the crash"));
    }
  }

  @Test
  void whereTriesBreakOff_portsAreNotTakenForClosed() throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.breaksOffMostTries = true;
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      Run run = run(cluster, "--overlay", "single");

      assertThat(run.status()).as("%s", run).isEqualTo(1);
      assertThat(line(run, "to a stranger"))
          .startsWith("FAIL  the port 8012")
          .endsWith("nothing is");
    }
  }

  @Test
  void whereItCannotBeTold_whetherPoliciesAreEnforced_openPortsAreAFault() throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.enforcesPolicies = false;
    nature.startsWhatIsClosed = false;
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      Run run = run(cluster, "--overlay", "single");

      assertThat(run.status()).as("%s", run).isEqualTo(1);
      assertThat(line(run, "open to a stranger"))
          .startsWith("FAIL ")
          .endsWith("and whether policies are enforced cannot be told");
    }
  }

  @Test
  void aGatewayThatDoesNotAnswer_isSeen_andTheRestGoesRoundIt() throws Exception {
    try (FakeCluster cluster = new FakeCluster(folder, new FakeCluster.Nature())) {
      Run run = run(cluster, "--url", "http://127.0.0.1:1");

      assertThat(run.status()).as("%s", run).isEqualTo(1);
      assertThat(line(run, "the route answers at http://127.0.0.1:1")).startsWith("FAIL ");
      assertThat(line(run, "a rollout under load")).startsWith("ok ");
    }
  }

  @Test
  void aNamespaceThatDoesNotGo_isAFailure() throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.keepsNamespaces = true;
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      Run run = run(cluster, "--overlay", "single");

      assertThat(run.status()).as("%s", run).isEqualTo(1);
      assertThat(run.lines())
          .filteredOn(each -> each.startsWith("FAIL"))
          .hasSize(2)
          .allMatch(each -> each.contains("is still going after 5 s"));
    }
  }

  @Test
  void aRevisionThatNeverGetsReady_isExplained() throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.everGetsReady = false;
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      Run run = run(cluster);

      assertThat(run.status()).isEqualTo(1);
      assertThat(run.lines()).last().isEqualTo("FAIL  no revision is ready after 5 s");
      assertThat(run.said()).contains("--- pods", "--- events", "--- logs");
      assertThat(cluster.commands()).anyMatch(each -> each.startsWith("logs -n kv-verify"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "get --raw /version",
        "get crd",
        "create namespace",
        "apply",
        "patch",
        "delete pod kv-"
      })
  void whatTheClusterRefuses_endsItWithAFailure(String command) throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.refuses = command;
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      Run run = run(cluster);

      assertThat(run.status()).as("%s", run).isEqualTo(1);
      assertThat(run.lines()).last().asString().startsWith("FAIL  ");
    }
  }

  @Test
  void aNamespaceOfOthers_isLeftAlone() throws Exception {
    try (FakeCluster cluster = new FakeCluster(folder, new FakeCluster.Nature())) {
      cluster.addNamespace("of-others");

      Run run = run(cluster, "--namespace", "of-others");

      assertThat(run.status()).isEqualTo(1);
      assertThat(cluster.namespaces()).containsExactly("of-others");
      assertThat(cluster.commands()).noneMatch(each -> each.startsWith("delete"));
    }
  }

  /** As one that was made since it was looked for. */
  @Test
  void aNamespaceThatItDidNotMake_isLeftAlone() throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    nature.hidesNamespaces = true;
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      cluster.addNamespace("of-others");

      Run run = run(cluster, "--namespace", "of-others");

      assertThat(run.status()).isEqualTo(1);
      assertThat(line(run, "no namespace of-others")).startsWith("FAIL ").contains("AlreadyExists");
      assertThat(cluster.namespaces()).containsExactly("of-others");
      assertThat(cluster.commands()).noneMatch(each -> each.startsWith("delete"));
    }
  }

  @Test
  void interruptedUnderLoad_itCleansUp() throws Exception {
    FakeCluster.Nature nature = new FakeCluster.Nature();
    try (FakeCluster cluster = new FakeCluster(folder, nature)) {
      Process process = start(cluster);
      Await.until(
          "the rollout",
          Duration.ofSeconds(PATIENCE_SECONDS),
          Duration.ofMillis(20),
          () -> cluster.commands().stream().anyMatch(each -> each.startsWith("patch")));
      process.destroy();
      Run run = end(cluster, process);

      assertThat(run.status()).isEqualTo(128 + 15);
      assertThat(cluster.commands())
          .contains("delete namespace kv-verify --ignore-not-found --wait=false");
    }
  }
}
