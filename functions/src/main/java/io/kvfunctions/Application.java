package io.kvfunctions;

import io.kvfunctions.functions.FunctionsConfiguration;
import io.kvfunctions.http.Drain;
import io.kvfunctions.http.HttpConfiguration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/** Starts the store. Its parts are named here one by one: nothing is found by scanning. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({
  StoreConfiguration.class,
  FunctionsConfiguration.class,
  HttpConfiguration.class,
  OperationsConfiguration.class
})
public class Application {

  /**
   * Starts, and stays until it is asked to stop. Ends with status 0 where every request in flight
   * was answered before it went; otherwise with what Java makes of a signal (143 for SIGTERM) or of
   * a failed start (1).
   */
  public static void main(String[] args) {
    AtomicReference<@Nullable Drain> started = new AtomicReference<>();
    SpringApplication.getShutdownHandlers()
        .add(
            () -> { // the last thing done at a stop, when all is closed
              Drain drain = started.get();
              if (drain != null && drain.isDrained()) {
                Runtime.getRuntime().halt(0);
              }
            });
    started.set(SpringApplication.run(Application.class, args).getBean(Drain.class));
  }
}
