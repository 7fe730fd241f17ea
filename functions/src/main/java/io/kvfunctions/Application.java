package io.kvfunctions;

import io.kvfunctions.functions.FunctionsConfiguration;
import io.kvfunctions.grid.Grid;
import io.kvfunctions.grid.GridConfiguration;
import io.kvfunctions.http.Drain;
import io.kvfunctions.http.HttpConfiguration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Import;

/** Starts the store. Its parts are named here one by one: nothing is found by scanning. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({
  StoreConfiguration.class,
  GridConfiguration.class,
  FunctionsConfiguration.class,
  HttpConfiguration.class,
  OperationsConfiguration.class
})
public class Application {

  /**
   * Starts, and stays until it is asked to stop. Ends with status 0 where every request in flight
   * was answered before it went, and, in a grid, all entries were handed over; with status 1 where
   * the engine of the grid ended by itself; otherwise with what Java makes of a signal (143 for
   * SIGTERM) or of a failed start (1).
   */
  public static void main(String[] args) {
    AtomicReference<@Nullable Stop> started = new AtomicReference<>();
    SpringApplication.getShutdownHandlers()
        .add(
            () -> { // the last thing done at a stop, when all is closed
              Stop stop = started.get();
              if (stop != null && stop.isClean()) {
                Runtime.getRuntime().halt(0);
              }
            });
    SpringApplication application = new SpringApplication(Application.class);
    application.addListeners(new Broken());
    ApplicationContext context = application.run(args);
    started.set(
        new Stop(
            context.getBean(Drain.class), context.getBeanProvider(Grid.class).getIfAvailable()));
  }

  /** Ends the process at once where it is of no use any more: it has nothing left to hand over. */
  private static final class Broken
      implements ApplicationListener<AvailabilityChangeEvent<LivenessState>> {
    @Override
    public void onApplicationEvent(AvailabilityChangeEvent<LivenessState> event) {
      if (event.getState() == LivenessState.BROKEN) {
        Runtime.getRuntime().halt(1);
      }
    }
  }

  /** What has to come to a good end at a stop. */
  private record Stop(Drain drain, @Nullable Grid grid) {
    boolean isClean() {
      return drain.isDrained() && (grid == null || grid.hasLeft());
    }
  }
}
