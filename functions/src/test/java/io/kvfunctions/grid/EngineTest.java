package io.kvfunctions.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.SerializationConfig;
import com.hazelcast.core.IndeterminateOperationStateException;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.internal.serialization.InternalSerializationService;
import com.hazelcast.internal.serialization.impl.DefaultSerializationServiceBuilder;
import com.hazelcast.nio.serialization.HazelcastSerializationException;
import io.kvfunctions.settings.Hidden;
import io.kvfunctions.settings.KvSettings;
import io.kvfunctions.store.UnavailableException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EngineTest {
  private static final InternalSerializationService LENIENT = service(new SerializationConfig());
  private static final InternalSerializationService OURS = service(Engine.serialization());

  private static InternalSerializationService service(SerializationConfig config) {
    return new DefaultSerializationServiceBuilder().setConfig(config).build();
  }

  static List<Object> strangers() {
    return List.of(new File("/etc/passwd"), Locale.ROOT, new Random(1), new BitSet());
  }

  @ParameterizedTest
  @MethodSource("strangers")
  void whatJavaSerializedAndIsNotOfTheEngine_isNotRead(Object stranger) {
    Data sent = LENIENT.toData(stranger);

    assertThatThrownBy(() -> OURS.toObject(sent))
        .isInstanceOf(HazelcastSerializationException.class)
        .hasRootCauseInstanceOf(SecurityException.class);
  }

  static List<Throwable> failures() {
    return List.of(
        new IndeterminateOperationStateException("gone"),
        new RejectedExecutionException("leaving"),
        new IOException("closed"),
        new IllegalStateException("not active", new IOException("closed")),
        UnavailableException.maybeDone("lost"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void failuresThatInstancesTellEachOther_areRead(Throwable failure) {
    Throwable read = OURS.toObject(OURS.toData(failure));

    assertThat(read).hasSameClassAs(failure).hasMessage(failure.getMessage());
  }

  private static KvSettings.Grid settings(String cluster, String clusterFile) {
    return new KvSettings.Grid(
        List.of("127.0.0.1:5701"),
        "",
        3,
        1,
        new Hidden(cluster),
        clusterFile,
        "127.0.0.1",
        5701,
        Duration.ofSeconds(10),
        Duration.ofSeconds(10),
        Duration.ofSeconds(60));
  }

  @Test
  void theMemberPort_isTheOnlyEndpoint() {
    assertThat(
            Engine.config(settings("kv", ""), "id", new Site(null, null))
                .getAdvancedNetworkConfig()
                .getEndpointConfigs())
        .containsOnlyKeys(EndpointQualifier.MEMBER);
  }

  @Test
  void theOthers_areFoundByNameOrByList_andInNoOtherWay() {
    JoinConfig listed =
        Engine.config(settings("kv", ""), "id", new Site(null, null))
            .getAdvancedNetworkConfig()
            .getJoin();
    KvSettings.Grid byName =
        new KvSettings.Grid(
            List.of(),
            "kv-members.default.svc",
            3,
            1,
            new Hidden("kv"),
            "",
            "",
            5702,
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofSeconds(60));
    JoinConfig named =
        Engine.config(byName, "id", new Site(null, null)).getAdvancedNetworkConfig().getJoin();

    assertThat(listed.getTcpIpConfig().getMembers()).containsExactly("127.0.0.1:5701");
    assertThat(listed.getKubernetesConfig().isEnabled()).isFalse();
    assertThat(named.getKubernetesConfig().getProperties())
        .containsEntry("service-dns", "kv-members.default.svc")
        .containsEntry("service-port", "5702");
    assertThat(named.getTcpIpConfig().isEnabled()).isFalse();
    for (JoinConfig join : List.of(listed, named)) {
      assertThat(join.getMulticastConfig().isEnabled()).isFalse();
      assertThat(join.getAutoDetectionConfig().isEnabled()).isFalse();
    }
  }

  @Test
  void theClusterName_mayBeInAFile(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("name"), "secret\n");

    assertThat(settings("kv", file.toString()).clusterName()).isEqualTo("secret");
    assertThat(settings("kv", "").clusterName()).isEqualTo("kv");
    assertThat(settings("kv", "").cluster()).hasToString("(hidden)");

    Files.writeString(file, " ");
    assertThatThrownBy(() -> settings("kv", file.toString()).clusterName())
        .hasMessage("kv.grid.cluster-file names %s, which is empty", file);
    Files.delete(file);
    assertThatThrownBy(() -> settings("kv", file.toString()).clusterName())
        .hasMessageContaining("which cannot be read");
  }
}
