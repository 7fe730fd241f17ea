package io.kvfunctions;

import io.kvfunctions.settings.KvSettings;
import io.kvfunctions.store.Budget;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.Environment;

/**
 * Says in one line of the log that the store is ready, where it listens, and everything that is
 * set, each setting a field under its own name.
 */
final class StartReport implements ApplicationListener<ApplicationReadyEvent> {
  private static final Logger log = LoggerFactory.getLogger(StartReport.class);

  private final KvSettings settings;
  private final Budget budget;
  private final Build build;

  StartReport(KvSettings settings, Budget budget, Build build) {
    this.settings = settings;
    this.budget = budget;
    this.build = build;
  }

  @Override
  public void onApplicationEvent(ApplicationReadyEvent event) {
    Environment environment = event.getApplicationContext().getEnvironment();
    // What it listens on, which is not what was asked for where that was 0: any port that is free.
    String port = environment.getProperty("local.server.port", "none");
    String management = environment.getProperty("local.management.port", "none");
    Duration timeTaken = event.getTimeTaken();
    LoggingEventBuilder line =
        log.atInfo()
            .addKeyValue("server.port", port)
            .addKeyValue("management.server.port", management)
            .addKeyValue("memory.budget", budget.limitBytes())
            .addKeyValue("memory.heap", Runtime.getRuntime().maxMemory());
    for (Map.Entry<String, String> setting : settings.byName().entrySet()) {
      line = line.addKeyValue(setting.getKey(), setting.getValue());
    }
    line.log(
        String.format(
            Locale.ROOT,
            "ready after %.1f s: version %s, port %s, management port %s, entries may hold %,d bytes",
            timeTaken == null ? 0 : timeTaken.toNanos() / 1e9,
            build.version(),
            port,
            management,
            budget.limitBytes()));
  }
}
