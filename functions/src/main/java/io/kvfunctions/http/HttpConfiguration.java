package io.kvfunctions.http;

import io.kvfunctions.events.Addressee;
import io.kvfunctions.events.EventMetrics;
import io.kvfunctions.events.Receiver;
import io.kvfunctions.functions.Delete;
import io.kvfunctions.functions.Get;
import io.kvfunctions.functions.Json;
import io.kvfunctions.functions.Limits;
import io.kvfunctions.functions.Put;
import io.kvfunctions.settings.KvSettings;
import io.kvfunctions.store.Condition.Presence;
import io.kvfunctions.store.Store;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Function;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.cloud.function.context.FunctionCatalog;
import org.springframework.cloud.function.context.catalog.SimpleFunctionRegistry.FunctionInvocationWrapper;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;

/** The HTTP edge, in front of the web server that Spring Boot starts. */
@Configuration(proxyBeanMethods = false)
public class HttpConfiguration {

  @Bean
  Server httpServer(KvSettings settings, MeterRegistry registry) {
    Server server =
        new Server(
            settings.http().connections(),
            settings.limits().buffers().bytesOf(Runtime.getRuntime().maxMemory()));
    server.bindTo(registry);
    return server;
  }

  @Bean
  Router router(
      FunctionCatalog catalog,
      Store store,
      Limits limits,
      KvSettings settings,
      MeterRegistry registry,
      InstantSource clock,
      @Value("classpath:/openapi.yaml") org.springframework.core.io.Resource description)
      throws IOException {
    Function<Get.Input, Get.Output> get = function(catalog, "get");
    Function<Put.Input, Put.Output> put = function(catalog, "put");
    Function<Delete.Input, Delete.Output> delete = function(catalog, "delete");
    Invocation.Bounds bounds =
        new Invocation.Bounds(
            Math.toIntExact(settings.limits().body().toBytes()), settings.limits().batch());
    Calling calling = Calling.of(store.mayBlock());
    Receiver receiver =
        new Receiver(put, delete, settings.events().key(), new EventMetrics(registry, clock));
    return new Router(
        new Resource(get, put, delete, limits, calling),
        new Listing(store),
        new Invocation<>(
            Json.GET, get, output -> HttpResponseStatus.OK, Get.Input::new, bounds, calling),
        new Invocation<>(
            Json.PUT,
            put,
            output ->
                output instanceof Put.Stored stored && stored.created()
                    ? HttpResponseStatus.CREATED
                    : HttpResponseStatus.OK,
            null,
            bounds,
            calling),
        new Invocation<>(
            Json.DELETE,
            delete,
            output -> HttpResponseStatus.OK,
            key -> new Delete.Input(key, Presence.ANY),
            bounds,
            calling),
        new Delivery(receiver, Addressee.PUT, limits, bounds, calling),
        new Delivery(receiver, Addressee.DELETE, limits, bounds, calling),
        ByteBuffer.wrap(description.getContentAsByteArray()).asReadOnlyBuffer());
  }

  /**
   * A function of the catalog, without the wrapper it comes in: that converts inputs and outputs
   * from message to message, and at 2 µs a call would cost as much as the rest of a request.
   */
  @SuppressWarnings("unchecked") // the beans' own types, which FunctionsConfiguration states
  private static <I, O> Function<I, O> function(FunctionCatalog catalog, String name) {
    FunctionInvocationWrapper wrapper = catalog.lookup(name);
    return (Function<I, O>) wrapper.getTarget();
  }

  /** On the service's own server alone: the management port has nothing to do with the store. */
  @Bean
  WebServerFactoryCustomizer<NettyReactiveWebServerFactory> httpEdge(
      Server server, Router router, KvSettings settings, MeterRegistry registry) {
    KvSettings.Http http = settings.http();
    HttpEdge edge =
        new HttpEdge(
            server,
            router,
            new RequestMetrics(registry),
            new Connection.Timeouts(
                http.readTimeout().toNanos(),
                http.writeTimeout().toNanos(),
                http.idleTimeout().toNanos(),
                http.minRate().toBytes()),
            Math.toIntExact(http.target().toBytes()),
            Math.toIntExact(http.headers().toBytes()));
    return factory -> factory.addServerCustomizers(edge);
  }

  /**
   * As many event loops as there are cores: with more the slowest requests take several times as
   * long.
   */
  @Bean
  ReactorResourceFactory reactorResourceFactory() {
    ReactorResourceFactory resources = new ReactorResourceFactory();
    resources.setUseGlobalResources(false);
    // When the loops go, all has been answered: Reactor's own two seconds would make every stop
    // wait.
    resources.setShutdownQuietPeriod(Duration.ofMillis(100));
    resources.setLoopResourcesSupplier(
        () -> EpollLoops.create("kv-http", Runtime.getRuntime().availableProcessors()));
    return resources;
  }

  @Bean
  Drain drain(Server server, KvSettings settings) {
    return new Drain(server, settings.http().drainTimeout());
  }
}
