package io.kvfunctions.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.springframework.core.env.StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.config.ConfigDataEnvironmentPostProcessor;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.util.unit.DataSize;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class KvSettingsTest {
  private static final Map<String, String> DEFAULTS = new LinkedHashMap<>();

  static {
    DEFAULTS.put("kv.limits.key", "1KB");
    DEFAULTS.put("kv.limits.value", "1MB");
    DEFAULTS.put("kv.limits.memory", "50%");
    DEFAULTS.put("kv.limits.body", "16MB");
    DEFAULTS.put("kv.limits.batch", "10000");
    DEFAULTS.put("kv.limits.buffers", "10%");
    DEFAULTS.put("kv.http.connections", "10000");
    DEFAULTS.put("kv.http.target", "8KB");
    DEFAULTS.put("kv.http.headers", "16KB");
    DEFAULTS.put("kv.http.read-timeout", "30s");
    DEFAULTS.put("kv.http.min-rate", "1KB");
    DEFAULTS.put("kv.http.write-timeout", "30s");
    DEFAULTS.put("kv.http.idle-timeout", "2m");
    DEFAULTS.put("kv.http.drain-timeout", "20s");
    DEFAULTS.put("kv.expiry.interval", "100ms");
    DEFAULTS.put("kv.expiry.batch", "1000");
    DEFAULTS.put("kv.events.window", "15m");
    DEFAULTS.put("kv.events.remembered", "100");
    DEFAULTS.put("kv.events.key", "key,subject");
    DEFAULTS.put("kv.grid.members", "none");
    DEFAULTS.put("kv.grid.dns", "none");
    DEFAULTS.put("kv.grid.instances", "0");
    DEFAULTS.put("kv.grid.backups", "1");
    DEFAULTS.put("kv.grid.cluster", "(hidden)");
    DEFAULTS.put("kv.grid.cluster-file", "none");
    DEFAULTS.put("kv.grid.address", "none");
    DEFAULTS.put("kv.grid.port", "5701");
    DEFAULTS.put("kv.grid.suspect-after", "10s");
    DEFAULTS.put("kv.grid.call-timeout", "10s");
    DEFAULTS.put("kv.grid.leave-timeout", "1m");
  }

  @EnableConfigurationProperties(KvSettings.class)
  static class Settings {}

  private final ApplicationContextRunner application =
      new ApplicationContextRunner().withUserConfiguration(Settings.class);

  @Test
  void nameAndDefault_ofEverySetting() {
    application.run(
        context ->
            assertThat(context.getBean(KvSettings.class).byName())
                .containsExactlyEntriesOf(DEFAULTS));
  }

  @Test
  void defaults_areThoseOfTheContract() {
    application.run(
        context ->
            assertThat(context.getBean(KvSettings.class).limits())
                .isEqualTo(
                    new KvSettings.Limits(
                        DataSize.ofBytes(1_024),
                        DataSize.ofMegabytes(1),
                        HeapShare.valueOf("50%"),
                        DataSize.ofMegabytes(16),
                        10_000,
                        HeapShare.valueOf("10%"))));
  }

  /** What an editor shows for application.yaml is the same, with a line on each. */
  @Test
  void metadata_saysTheSame() throws IOException {
    Map<String, String> described = new LinkedHashMap<>();
    for (JsonNode property : metadata().get("properties").values()) {
      if (!property.get("name").stringValue().startsWith("kv.")) {
        continue; // what Spring Boot has for each endpoint
      }
      assertThat(property.path("description").asString("")).as("%s", property).isNotBlank();
      String value = property.path("defaultValue").asString("");
      described.put(
          property.get("name").stringValue(),
          value.isEmpty() ? "none" : value.replaceAll("[\\[\\] ]", "")); // a list is [a, b] there
    }
    Map<String, String> expected = new LinkedHashMap<>(DEFAULTS);
    expected.put("kv.grid.cluster", "kv-functions"); // hidden only where it may be another
    expected.put("kv.grid.leave-timeout", "60s");
    assertThat(described).containsExactlyInAnyOrderEntriesOf(expected);
  }

  /** Several jars have a file of this name: ours is the one beside the classes. */
  private static JsonNode metadata() throws IOException {
    String classes =
        KvSettings.class.getProtectionDomain().getCodeSource().getLocation().toString();
    URI file = URI.create(classes).resolve("META-INF/spring-configuration-metadata.json");
    try (InputStream in = file.toURL().openStream()) {
      return JsonMapper.shared().readTree(in);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "kv.limits.key          | 0B     | kv.limits.key is 0B, it can be 1B to 1MB",
        "kv.limits.key          | 2MB    | kv.limits.key is 2MB, it can be 1B to 1MB",
        "kv.limits.value        | -1B    | kv.limits.value is -1B, it can be 0B to 1024MB",
        "kv.limits.value        | 2GB    | kv.limits.value is 2048MB, it can be 0B to 1024MB",
        "kv.limits.body         | 0      | kv.limits.body is 0B, it can be 1B to 1024MB",
        "kv.limits.batch        | 0      | kv.limits.batch is 0, it can be 1 or more",
        "kv.limits.memory       | 0%     | a share of the heap is 1% to 100%, not 0%",
        "kv.limits.memory       | 101%   | a share of the heap is 1% to 100%, not 101%",
        "kv.limits.memory       | much%  | a share of the heap is 1% to 100%, not much%",
        "kv.limits.memory       | 0MB    | an amount of memory is 1B or more, not 0MB",
        "kv.limits.memory       | much   | an amount of memory is a share of the heap (50%) or a size (512MB), not much",
        "kv.http.connections    | 0      | kv.http.connections is 0, it can be 1 or more",
        "kv.http.target         | 1B     | kv.http.target is 1B, it can be 64B to 1MB",
        "kv.http.headers        | 4GB    | kv.http.headers is 4096MB, it can be 64B to 1MB",
        "kv.http.read-timeout   | 0s     | kv.http.read-timeout is 0s, it can be 1ms to 24h",
        "kv.http.read-timeout   | soon   | 'soon' is not a valid duration",
        "kv.http.min-rate       | -1B    | kv.http.min-rate is -1B, it can be 0B to 1024MB",
        "kv.http.write-timeout  | -5s    | kv.http.write-timeout is -5s, it can be 1ms to 24h",
        "kv.http.idle-timeout   | 90000d | kv.http.idle-timeout is 129600000m, it can be 1ms to 24h",
        "kv.http.drain-timeout  | 0ms    | kv.http.drain-timeout is 0s, it can be 1ms to 24h",
        "kv.expiry.interval     | 0s     | kv.expiry.interval is 0s, it can be 1ms to 24h",
        "kv.expiry.batch        | -1     | kv.expiry.batch is -1, it can be 1 or more",
        "kv.events.window       | 0s     | kv.events.window is 0s, it can be 1ms to 24h",
        "kv.events.window       | 25h    | kv.events.window is 1500m, it can be 1ms to 24h",
        "kv.events.remembered   | 0      | kv.events.remembered is 0, it can be 1 to 10000",
        "kv.events.remembered   | 10001  | kv.events.remembered is 10001, it can be 1 to 10000",
        "kv.events.key          | \"\"     | kv.events.key is empty, it names at least one attribute",
        "kv.grid.members        | a:5701 | kv.grid.instances is 0, a grid has 1 to 100",
        "kv.grid.dns            | kv     | kv.grid.instances is 0, a grid has 1 to 100",
        "kv.grid.backups        | 7      | kv.grid.backups is 7, it can be 0 to 6",
        "kv.grid.port           | 0      | kv.grid.port is 0, it can be 1 to 65535",
        "kv.grid.suspect-after  | 2s     | kv.grid.suspect-after is 2s, it can be 3s to 5m",
        "kv.grid.call-timeout   | 0s     | kv.grid.call-timeout is 0s, it can be 1ms to 24h",
        "kv.grid.leave-timeout  | 0s     | kv.grid.leave-timeout is 0s, it can be 1ms to 24h",
        "kv.events.key          | key,Id | kv.events.key names Id, an attribute has lower-case letters and digits",
      })
  void whatCannotWork_isRefused(String name, String value, String message) {
    assertThat(refusal(name, value)).hasMessage(message);
  }

  @Test
  void moreThanTheHeap_isRefused() {
    assertThat(refusal("kv.limits.memory", "95%"))
        .hasMessageStartingWith(
            "kv.limits.memory (95%) and kv.limits.buffers (10%) are together more than the heap of ");
  }

  private static Throwable refusal(String name, String value) {
    Binder binder = new Binder(new MapConfigurationPropertySource(Map.of(name, value)));
    return NestedExceptionUtils.getMostSpecificCause(
        catchThrowable(() -> binder.bind("kv", KvSettings.class)));
  }

  @Test
  void nameThatIsMisspelt_isRefusedAtTheStart() {
    application
        .withPropertyValues("kv.limits.kye=1KB")
        .run(
            context ->
                assertThat(context.getStartupFailure())
                    .rootCause()
                    .hasMessage("The elements [kv.limits.kye] were left unbound."));
  }

  @Test
  void environmentVariables_setTheSame() {
    Map<String, Object> variables =
        Map.of(
            "KV_LIMITS_KEY", "2KB",
            "KV_LIMITS_MEMORY", "128MB",
            "KV_HTTP_READTIMEOUT", "5s",
            "KV_HTTP_IDLE_TIMEOUT", "500ms",
            "KV_EVENTS_KEY", "subject",
            "KV_EXPIRY_BATCH", "7");
    application
        .withInitializer(
            context ->
                context
                    .getEnvironment()
                    .getPropertySources()
                    .replace(
                        SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                        new SystemEnvironmentPropertySource(
                            SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables)))
        .run(
            context -> {
              KvSettings settings = context.getBean(KvSettings.class);
              assertThat(settings.limits().key()).isEqualTo(DataSize.ofKilobytes(2));
              assertThat(settings.limits().memory()).isEqualTo(HeapShare.valueOf("128MB"));
              assertThat(settings.http().readTimeout()).isEqualTo(Duration.ofSeconds(5));
              assertThat(settings.http().idleTimeout()).isEqualTo(Duration.ofMillis(500));
              assertThat(settings.expiry().batch()).isEqualTo(7);
              assertThat(settings.events().key()).containsExactly("subject");
              assertThat(settings.byName())
                  .containsEntry("kv.limits.key", "2KB")
                  .containsEntry("kv.limits.memory", "128MB")
                  .containsEntry("kv.http.idle-timeout", "500ms");
            });
  }

  @Test
  void port_is8080_unlessPortOrServerPortSaysOtherwise() {
    assertThat(port(Map.of(), Map.of())).isEqualTo("8080");
    assertThat(port(Map.of("PORT", "9000"), Map.of())).isEqualTo("9000");
    assertThat(port(Map.of("SERVER_PORT", "9001"), Map.of())).isEqualTo("9001");
    assertThat(port(Map.of("PORT", "9000"), Map.of("server.port", "9002"))).isEqualTo("9002");
  }

  @Test
  void managementPort_is8081() {
    assertThat(environment(Map.of(), Map.of()).getProperty("management.server.port"))
        .isEqualTo("8081");
  }

  private static String port(Map<String, Object> variables, Map<String, Object> arguments) {
    return environment(variables, arguments).getProperty("server.port");
  }

  /** The settings of the application as it is packaged. */
  private static StandardEnvironment environment(
      Map<String, Object> variables, Map<String, Object> arguments) {
    StandardEnvironment environment = new StandardEnvironment();
    environment
        .getPropertySources()
        .replace(
            SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
            new SystemEnvironmentPropertySource(
                SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));
    environment.getPropertySources().addFirst(new MapPropertySource("commandLineArgs", arguments));
    ConfigDataEnvironmentPostProcessor.applyTo(environment);
    return environment;
  }
}
