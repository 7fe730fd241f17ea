package io.kvfunctions.functions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvfunctions.SettableClock;
import io.kvfunctions.StoreConfiguration;
import io.kvfunctions.store.Condition.Presence;
import io.kvfunctions.store.Store;
import io.kvfunctions.store.Stores;
import java.time.Duration;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.function.context.FunctionCatalog;
import org.springframework.cloud.function.context.FunctionRegistration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.convert.ConversionFailedException;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.support.MessageBuilder;
import reactor.core.publisher.Flux;

/**
 * The functions as any adapter of Spring Cloud Function finds and calls them: by name, from JSON.
 */
class FunctionCatalogTest {
  private static ConfigurableApplicationContext context;
  private static FunctionCatalog catalog;
  private static Store store;
  private static SettableClock clock;

  @SpringBootConfiguration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import({StoreConfiguration.class, FunctionsConfiguration.class})
  static class WithoutHttp {
    @Bean
    SettableClock settableClock() {
      return new SettableClock();
    }
  }

  @BeforeAll
  static void start() {
    context = new SpringApplicationBuilder(WithoutHttp.class).web(WebApplicationType.NONE).run();
    catalog = context.getBean(FunctionCatalog.class);
    store = context.getBean(Store.class);
    clock = context.getBean(SettableClock.class);
  }

  @AfterAll
  static void stop() {
    context.close();
  }

  @BeforeEach
  void empty() {
    store.list("", null, 1_000).entries().forEach(item -> store.delete(item.key(), Presence.ANY));
    store.sweep(1_000);
  }

  /** Calls with any input and asks for JSON. */
  private static String call(String function, Object input) {
    Function<Object, Message<byte[]>> found = catalog.lookup(function, "application/json");
    return new String(found.apply(input).getPayload(), UTF_8);
  }

  /** Calls with a message that says it is JSON, and asks for JSON. */
  private static String json(String function, String input) {
    return call(
        function,
        MessageBuilder.withPayload(input.getBytes(UTF_8))
            .setHeader(MessageHeaders.CONTENT_TYPE, "application/json")
            .build());
  }

  @Test
  void putGetAndDelete_fromJsonToJson() {
    assertThat(json("put", "{\"key\":\"a\",\"value\":\"1\"}"))
        .matches("\\{\"key\":\"a\",\"etag\":\"[A-Za-z0-9_-]{16}\",\"created\":true}");
    String etag = store.get("a").etag().toString();
    assertThat(json("get", "{\"key\":\"a\"}"))
        .isEqualTo(
            "{\"key\":\"a\",\"value\":\"1\",\"contentType\":\"text/plain;charset=utf-8\",\"etag\":\"%s\"}"
                .formatted(etag));
    assertThat(json("delete", "{\"key\":\"a\",\"ifMatch\":\"%s\"}".formatted(etag)))
        .isEqualTo("{\"key\":\"a\",\"deleted\":true}");
    assertThat(json("delete", "\"a\"")).isEqualTo("{\"key\":\"a\",\"deleted\":false}");
  }

  @Test
  void aValueKeepsItsOwnText_howeverItComes() {
    String value = "{\"a\": 1.0,  \"b\":123456789012345678901234567890,\n\t\"a\":[ 1e400 ] }";
    String input = "{\"key\":\"a\", \"value\": " + value + " }";
    Message<String> text = MessageBuilder.withPayload(input).build();
    Message<byte[]> typed =
        MessageBuilder.withPayload(input.getBytes(UTF_8))
            .setHeader(MessageHeaders.CONTENT_TYPE, "application/json;charset=utf-8")
            .build();

    for (Object way : List.of(input, input.getBytes(UTF_8), text, typed)) {
      store.delete("a", Presence.ANY);
      call("put", way);
      assertThat(Stores.textOf(store.get("a"))).as("%s", way.getClass()).isEqualTo(value);
      assertThat(store.get("a").contentType().toString()).isEqualTo("application/json");
    }
    assertThat(json("get", "\"a\"")).contains("\"value\":" + value + ",");
  }

  @Test
  void whereNoTypeIsAskedForTheOutputComesAsItIs() {
    // In a context of its own: a catalog keeps what a function was once asked for.
    try (ConfigurableApplicationContext fresh =
        new SpringApplicationBuilder(WithoutHttp.class).web(WebApplicationType.NONE).run()) {
      FunctionCatalog untouched = fresh.getBean(FunctionCatalog.class);
      Function<Object, Object> put = untouched.lookup("put");
      Function<Object, Object> get = untouched.lookup("get");
      Function<Object, Object> delete = untouched.lookup("delete");

      assertThat(put.apply("{\"key\":\"a\",\"value\":1}"))
          .isInstanceOfSatisfying(
              Put.Stored.class, stored -> assertThat(stored.created()).isTrue());
      assertThat(get.apply("\"a\"".getBytes(UTF_8))).isInstanceOf(Get.Found.class);
      assertThat(get.apply(new Get.Input("a"))).isInstanceOf(Get.Found.class);
      assertThat(delete.apply("\"a\"")).isEqualTo(new Delete.Gone("a", true));
      assertThat(get.apply("\"a\"")).isInstanceOf(Problem.class);
    }
  }

  @Test
  void whatHasNoResultIsAnsweredByTheProblem() {
    assertThat(json("get", "{\"key\":\"none\"}"))
        .isEqualTo(
            "{\"type\":\"urn:kvfunctions:problem:not-found\",\"title\":\"Nothing here\","
                + "\"detail\":\"there is no entry under this key\"}");
    assertThat(json("delete", "{\"key\":\"none\",\"ifMatch\":\"*\"}"))
        .startsWith("{\"type\":\"urn:kvfunctions:problem:precondition-failed\",");
    assertThat(call("get", "{\"key\":\"%s\"}".formatted("k".repeat(1_025))))
        .isEqualTo(
            "{\"type\":\"urn:kvfunctions:problem:key-too-long\",\"title\":\"The key is too long\","
                + "\"detail\":\"key is 1,025 bytes, the limit is 1,024 (kv.limits.key)\","
                + "\"limit\":1024,\"actual\":1025}");
    assertThat(json("put", "{\"key\":\"a\",\"value\":1,\"ifMatch\":\"x\"}"))
        .startsWith("{\"type\":\"urn:kvfunctions:problem:precondition-failed\",");
    assertThat(store.size()).isZero();
  }

  @Test
  void whatIsNoInputIsThrownWithItsProblem_andNeverReadByAnotherRule() {
    for (String input :
        List.of(
            "{\"key\":\"a\",\"colour\":1}",
            "{\"key\":\"a\",\"key\":\"b\"}",
            "{\"key\":7}",
            "{}",
            "7",
            "true",
            "null",
            "",
            "a",
            "{\"key\":\"a\"",
            "{\"key\":\"a\"} x",
            "{'key':'a'}")) {
      for (String function : List.of("get", "put", "delete")) {
        String what = function + " of " + input;
        assertThatThrownBy(() -> json(function, input))
            .as(what)
            .isInstanceOf(ProblemException.class);
        for (Object bare :
            List.of(input, input.getBytes(UTF_8), MessageBuilder.withPayload(input).build())) {
          assertThatThrownBy(() -> call(function, bare))
              .as(what)
              .isInstanceOf(ConversionFailedException.class)
              .hasCauseInstanceOf(ProblemException.class)
              .satisfies(e -> assertThat(e.getMessage()).contains("for value [null]"));
        }
      }
    }
    assertThat(store.size()).isZero();
  }

  @Test
  void anArrayIsACallForEachElement_withItsOwnText() {
    Function<Object, Flux<Message<byte[]>>> put = catalog.lookup("put", "application/json");
    List<String> results =
        put.apply("[{\"key\":\"a\",\"value\":1.0},{\"key\":\"b\",\"value\":{\"x\" : 2}}]")
            .map(message -> new String(message.getPayload(), UTF_8))
            .collectList()
            .block();

    assertThat(results).hasSize(2);
    assertThat(results.get(0)).startsWith("{\"key\":\"a\",\"etag\":");
    assertThat(results.get(1)).startsWith("{\"key\":\"b\",\"etag\":");
    assertThat(Stores.textOf(store.get("a"))).isEqualTo("1.0");
    assertThat(Stores.textOf(store.get("b"))).isEqualTo("{\"x\" : 2}");
  }

  @Test
  void timeToLive_goesByTheClockThatIsDeclared() {
    json("put", "{\"key\":\"a\",\"value\":1,\"ttl\":10}");
    assertThat(json("get", "\"a\"")).endsWith(",\"ttl\":10}");

    clock.move(Duration.ofSeconds(10));
    assertThat(json("get", "\"a\"")).startsWith("{\"type\":\"urn:kvfunctions:problem:not-found\"");
  }

  @Test
  void nothingButTheThreeCanBeFound() {
    assertThat(context.getBeanNamesForType(Function.class))
        .containsExactlyInAnyOrder("get", "put", "delete", "functionRouter");
    for (Class<?> type :
        List.of(
            Supplier.class,
            Consumer.class,
            BiFunction.class,
            BiConsumer.class,
            FunctionRegistration.class)) {
      assertThat(context.getBeanNamesForType(type)).as(type.getSimpleName()).isEmpty();
    }
    for (String name : List.of("functionRouter", "get|functionRouter", "none", "")) {
      Object found = catalog.lookup(name);
      assertThat(found).as(name).isNull();
    }
  }
}
