package io.kvfunctions.grid;

import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;

/** Whether the settings say where the other instances of a grid are. */
final class GridWanted extends AnyNestedCondition {
  GridWanted() {
    super(ConfigurationPhase.REGISTER_BEAN);
  }

  @ConditionalOnProperty("kv.grid.members")
  static final class Members {}

  @ConditionalOnProperty("kv.grid.dns")
  static final class Dns {}
}
