package io.kvfunctions.grid;

import io.kvfunctions.settings.KvSettings;
import org.springframework.beans.factory.BeanRegistrar;
import org.springframework.beans.factory.BeanRegistry;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/**
 * Declares the grid where the settings say where its other instances are. They are asked at every
 * start, as no condition would be: what Spring decides ahead of time, when the image is built, it
 * does not look at again.
 */
final class GridRegistrar implements BeanRegistrar {

  @Override
  public void register(BeanRegistry registry, Environment environment) {
    if (!Binder.get(environment).bindOrCreate("kv.grid", KvSettings.Grid.class).isOn()) {
      return;
    }
    registry.registerBean(
        "grid",
        Grid.class,
        grid -> grid.supplier(beans -> beans.bean(GridConfiguration.Joining.class).join()));
    // How it stands: for people, and for the metrics.
    registry.registerBean(
        "gridEndpoint",
        GridEndpoint.class,
        endpoint -> endpoint.supplier(beans -> new GridEndpoint(beans.bean(Grid.class))));
    registry.registerBean(
        "gridMetrics",
        GridMetrics.class,
        metrics -> metrics.supplier(beans -> new GridMetrics(beans.bean(Grid.class))));
  }
}
