package io.kvfunctions.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.springframework.core.env.StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** When there is a grid: however Spring Boot lets the setting be written. */
class GridRegistrarTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kv.grid.members=127.0.0.1:5701",
        "kv.grid.members=127.0.0.1:5701,127.0.0.1:5702",
        "kv.grid.members[0]=127.0.0.1:5701",
        "kv.grid.members[0]=127.0.0.1:5701 kv.grid.members[1]=127.0.0.1:5702",
        "kv.grid.dns=kv-members",
        "KV_GRID_MEMBERS=127.0.0.1:5701,127.0.0.1:5702",
        "KV_GRID_MEMBERS_0=127.0.0.1:5701",
        "KV_GRID_MEMBERS_0=127.0.0.1:5701 KV_GRID_MEMBERS_1=127.0.0.1:5702",
        "KV_GRID_DNS=kv-members",
      })
  void isDeclared_whereTheOthersAreNamed(String settings) {
    assertThat(declared(settings + " kv.grid.instances=3"))
        .contains("grid", "gridEndpoint", "gridMetrics");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kv.grid.instances=3",
        "kv.grid.members= kv.grid.dns=",
        "KV_GRID_MEMBERS= KV_GRID_DNS=",
        "KV_GRID_CLUSTER=ours KV_GRID_PORT=5702 KV_GRID_LEAVE_TIMEOUT=5m",
      })
  void isNotDeclared_whereNoneIsNamed(String settings) {
    assertThat(declared(settings)).isEmpty();
  }

  @Test
  void misfittingSettings_endTheStartWithTheSentenceThatSaysSo() {
    assertThatThrownBy(() -> declared("kv.grid.members[0]=127.0.0.1:5701"))
        .satisfies(
            failure ->
                assertThat(NestedExceptionUtils.getMostSpecificCause(failure))
                    .hasMessage("kv.grid.instances is 0, a grid has 1 to 100"));
  }

  /** What is declared with these settings; in capitals they are variables of the environment. */
  private static String[] declared(String settings) {
    Map<String, Object> variables = new LinkedHashMap<>();
    Map<String, Object> properties = new LinkedHashMap<>();
    for (String setting : settings.split(" ", -1)) {
      int equals = setting.indexOf('=');
      String name = setting.substring(0, equals);
      (name.startsWith("KV_") ? variables : properties).put(name, setting.substring(equals + 1));
    }
    StandardEnvironment environment = new StandardEnvironment();
    environment
        .getPropertySources()
        .replace(
            SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
            new SystemEnvironmentPropertySource(
                SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));
    environment.getPropertySources().addFirst(new MapPropertySource("arguments", properties));
    try (GenericApplicationContext beans = new GenericApplicationContext()) {
      beans.setEnvironment(environment);
      beans.register(new GridRegistrar());
      return Arrays.stream(beans.getBeanDefinitionNames())
          .filter(name -> name.startsWith("grid"))
          .toArray(String[]::new);
    }
  }
}
