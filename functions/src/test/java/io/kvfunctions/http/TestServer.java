package io.kvfunctions.http;

import io.kvfunctions.Application;
import io.kvfunctions.SettableClock;
import io.kvfunctions.store.Entries;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;

/**
 * The application in this JVM, on ports of its own choice, with a clock that stands still until it
 * is moved.
 */
public final class TestServer implements AutoCloseable {
  private final SettableClock clock;
  private final ConfigurableApplicationContext context;

  private TestServer(
      Map<String, String> settings, SettableClock clock, UnaryOperator<Entries> around) {
    this.clock = clock;
    SpringApplication application = new SpringApplication(Application.class);
    application.addInitializers(
        started -> {
          GenericApplicationContext beans = (GenericApplicationContext) started;
          beans.registerBean(InstantSource.class, () -> clock, bean -> bean.setPrimary(true));
          beans.registerBean(
              "entriesOfTheTest",
              Entries.class,
              () -> around.apply(beans.getBean("entries", Entries.class)),
              bean -> bean.setPrimary(true));
        });
    List<String> arguments =
        new ArrayList<>(List.of("--server.port=0", "--management.server.port=0"));
    settings.forEach((name, value) -> arguments.add("--" + name + "=" + value));
    context = application.run(arguments.toArray(String[]::new));
  }

  /** Starts the application with these settings, and the defaults for all others. */
  public static TestServer start(Map<String, String> settings) {
    return start(settings, clockAtRest());
  }

  /** The same with a clock that it has in common with others. */
  public static TestServer start(Map<String, String> settings, SettableClock clock) {
    return new TestServer(settings, clock, UnaryOperator.identity());
  }

  /** The same with something around its map. */
  static TestServer start(Map<String, String> settings, UnaryOperator<Entries> around) {
    return new TestServer(settings, clockAtRest(), around);
  }

  /** A clock that stands still until it is moved. */
  public static SettableClock clockAtRest() {
    SettableClock clock = new SettableClock();
    clock.move(Duration.ofMillis(250)); // not a full second: what rounds is to be seen rounding
    return clock;
  }

  public SettableClock clock() {
    return clock;
  }

  public int port() {
    return context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
  }

  public int managementPort() {
    return context.getEnvironment().getRequiredProperty("local.management.port", Integer.class);
  }

  public ConfigurableApplicationContext context() {
    return context;
  }

  ContractTarget target() {
    return ContractTarget.one("127.0.0.1", port(), Optional.of(clock::move));
  }

  @Override
  public void close() {
    context.close();
  }
}
