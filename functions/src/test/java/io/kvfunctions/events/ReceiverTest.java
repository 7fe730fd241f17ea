package io.kvfunctions.events;

import static io.kvfunctions.events.Envelopes.binary;
import static io.kvfunctions.events.Envelopes.fields;
import static io.kvfunctions.events.Envelopes.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Seed;
import io.kvfunctions.SettableClock;
import io.kvfunctions.events.Outcome.Done;
import io.kvfunctions.functions.Delete;
import io.kvfunctions.functions.Limits;
import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.Put;
import io.kvfunctions.store.Entry;
import io.kvfunctions.store.Store;
import io.kvfunctions.store.Stores;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ReceiverTest {
  private static final String TEXT = "text/plain";

  private final SettableClock clock = new SettableClock();
  private final Store store = Stores.over(clock);
  private final Limits limits = new Limits(1_024, 1_048_576);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Receiver receiver = receiver(List.of("key", "subject"));

  private Receiver receiver(List<String> keyAttributes) {
    return new Receiver(
        new Put(store, limits),
        new Delete(store, limits),
        keyAttributes,
        new EventMetrics(registry, clock));
  }

  private Outcome put(Map<String, String> fields, String contentType, String body) {
    return receiver.receive(binary(fields, contentType, body), Mode.BINARY, Addressee.PUT);
  }

  private Outcome delete(Map<String, String> fields, String contentType, String body) {
    return receiver.receive(binary(fields, contentType, body), Mode.BINARY, Addressee.DELETE);
  }

  private static Problem problem(Outcome outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Failed.class);
    return ((Outcome.Failed) outcome).problem();
  }

  private static String wrong(Outcome outcome) {
    Problem problem = problem(outcome);
    return problem.members().get("attribute") + ": " + problem.detail();
  }

  private String stored(String key) {
    return Stores.textOf(store.get(key));
  }

  // ---- state

  @Test
  void state_isPutUnderTheKeyItNames_withItsDataAndTheType() {
    assertThat(put(fields("ce-key", "a", "ce-subject", "b"), TEXT, "1")).isEqualTo(Done.APPLIED);

    Entry entry = store.get("a");
    assertThat(Stores.textOf(entry)).isEqualTo("1");
    assertThat(entry.contentType()).hasToString(TEXT);
    assertThat(store.get("b")).isNull();
  }

  @Test
  void state_namesItsKeyInTheFirstAttributeThatIsThere() {
    assertThat(put(fields("ce-subject", "b"), TEXT, "1")).isEqualTo(Done.APPLIED);
    assertThat(stored("b")).isEqualTo("1");
    assertThat(wrong(put(fields("ce-id", "2"), TEXT, "1")))
        .isEqualTo(
            "key: the event says nowhere which key it is about: it has no attribute key, nor subject (kv.events.key)");
    assertThat(
            receiver(List.of("source"))
                .receive(binary(fields(), TEXT, "1"), Mode.BINARY, Addressee.PUT))
        .isEqualTo(Done.APPLIED);
    assertThat(stored("/s")).isEqualTo("1");
  }

  @Test
  void state_withoutDataIsAnEmptyValue() {
    assertThat(put(fields("ce-key", "a"), null, "")).isEqualTo(Done.APPLIED);
    assertThat(store.get("a").size()).isZero();
    assertThat(store.get("a").contentType()).hasToString("application/octet-stream");
  }

  @Test
  void state_livesAsLongAsItSays() {
    put(fields("ce-key", "a", "ce-kvttl", "60"), TEXT, "1");
    put(fields("ce-key", "b", "ce-id", "2"), TEXT, "1");
    put(fields("ce-key", "a", "ce-id", "3", "ce-kvttl", "keep"), TEXT, "2");
    clock.move(Duration.ofSeconds(59));
    assertThat(stored("a")).isEqualTo("2");
    clock.move(Duration.ofSeconds(1));
    assertThat(stored("a")).isNull();
    assertThat(stored("b")).isEqualTo("1");
    assertThat(problem(put(fields("ce-key", "a", "ce-kvttl", "soon"), TEXT, "1")).kind())
        .isEqualTo(Problem.Kind.TTL_INVALID);
  }

  @Test
  void state_sentToDeleteIsDeleted() {
    put(fields("ce-key", "a"), TEXT, "1");
    assertThat(delete(fields("ce-key", "a", "ce-id", "2"), TEXT, "whatever"))
        .isEqualTo(Done.APPLIED);
    assertThat(store.get("a")).isNull();
    assertThat(delete(fields("ce-key", "a", "ce-id", "3"), null, "")).isEqualTo(Done.APPLIED);
  }

  @Test
  void aProblemOfTheFunction_isGivenAsItIs() {
    assertThat(problem(put(fields("ce-key", ""), TEXT, "1")).kind())
        .isEqualTo(Problem.Kind.KEY_EMPTY);
    assertThat(problem(put(fields("ce-key", "a"), TEXT, "x".repeat(1_048_577))).kind())
        .isEqualTo(Problem.Kind.VALUE_TOO_LARGE);
  }

  // ---- tombstones

  @Test
  void aRecordOfKafkaWithoutData_deletes() {
    Map<String, String> record = fields("ce-type", "dev.knative.kafka.event", "ce-key", "a");
    assertThat(put(record, TEXT, "1")).isEqualTo(Done.APPLIED);
    record.put("ce-id", "2");
    assertThat(put(record, TEXT, "")).isEqualTo(Done.APPLIED);
    assertThat(store.get("a")).isNull();
  }

  // ---- commands

  @Test
  void aCommand_isTheInputOfTheFunctionThatItsTypeNames_whereverItIsSent() {
    Map<String, String> command = fields("ce-type", "io.kvfunctions.put", "ce-subject", "b");
    String json = "{\"key\":\"a\",\"value\":{\"n\":1.0},\"ttl\":60}";
    assertThat(delete(command, "application/json", json)).isEqualTo(Done.APPLIED);
    assertThat(stored("a")).isEqualTo("{\"n\":1.0}");
    assertThat(store.get("b")).isNull();
    assertThat(store.get("a").expires()).isTrue();

    command.put("ce-id", "2");
    command.put("ce-type", "io.kvfunctions.delete");
    assertThat(put(command, null, "\"a\"")).isEqualTo(Done.APPLIED);
    assertThat(store.get("a")).isNull();
  }

  @Test
  void aCommandInJson_hasItsDataThere() {
    String event =
        "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/s\",\"type\":\"io.kvfunctions.%s\",%s}";
    for (String data :
        List.of(
            "\"data\":{\"key\":\"a\",\"value\":7}",
            "\"data_base64\":\"eyJrZXkiOiJhIiwidmFsdWUiOjd9\"")) {
      Envelope put = json(event.formatted(data.length(), "put", data));
      assertThat(receiver.receive(put, Mode.STRUCTURED, Addressee.PUT)).isEqualTo(Done.APPLIED);
      assertThat(stored("a")).isEqualTo("7");
    }
    Envelope delete = json(event.formatted("3", "delete", "\"data\":{\"key\":\"a\"}"));
    assertThat(receiver.receive(delete, Mode.STRUCTURED, Addressee.PUT)).isEqualTo(Done.APPLIED);
    assertThat(store.get("a")).isNull();
  }

  @Test
  void aCommand_mayHaveACondition() {
    Map<String, String> command = fields("ce-type", "io.kvfunctions.put");
    String json = "{\"key\":\"a\",\"value\":1,\"ifNoneMatch\":\"*\"}";
    assertThat(put(command, null, json)).isEqualTo(Done.APPLIED);
    command.put("ce-id", "2");
    assertThat(problem(put(command, null, json)).kind())
        .isEqualTo(Problem.Kind.PRECONDITION_FAILED);
  }

  @Test
  void aCommandWithoutJson_isNoEvent() {
    Map<String, String> command = fields("ce-type", "io.kvfunctions.put");
    assertThat(wrong(put(command, null, "")))
        .isEqualTo("data: a command has data: the input of the function, as JSON");
    assertThat(wrong(put(command, null, "{\"key\":")))
        .isEqualTo("data: the data of a command is JSON, this is none");
    assertThat(wrong(put(command, TEXT, "{\"key\":\"a\",\"value\":1}")))
        .isEqualTo("data: the data of a command is JSON, and its datacontenttype says so");
  }

  @Test
  void aCommandWhoseInputIsNone_hasTheProblemOfACall() {
    Map<String, String> command = fields("ce-type", "io.kvfunctions.put");
    assertThat(problem(put(command, null, "{\"key\":\"a\",\"vaule\":1}")).detail())
        .startsWith("the member \"vaule\" is not known");
    assertThat(problem(put(command, null, "{\"key\":\"a\",\"value\":1,\"ttl\":0}")).kind())
        .isEqualTo(Problem.Kind.TTL_INVALID);
  }

  // ---- once, in order

  @Test
  void aRedelivery_changesNothing() {
    put(fields("ce-key", "a"), TEXT, "1");
    put(fields("ce-key", "a", "ce-id", "2"), TEXT, "2");

    assertThat(put(fields("ce-key", "a"), TEXT, "1")).isEqualTo(Done.DUPLICATE);
    assertThat(delete(fields("ce-key", "a"), TEXT, "1")).isEqualTo(Done.DUPLICATE);
    assertThat(stored("a")).isEqualTo("2");
    assertThat(put(fields("ce-key", "a", "ce-source", "/other"), TEXT, "3"))
        .isEqualTo(Done.APPLIED);
  }

  @Test
  void anEventThatComesLate_changesNothing() {
    String time = "ce-time";
    put(fields("ce-key", "a", time, "2026-01-01T00:00:01Z"), TEXT, "new");

    assertThat(put(fields("ce-key", "a", "ce-id", "2", time, "2026-01-01T00:00:00Z"), TEXT, "old"))
        .isEqualTo(Done.STALE);
    assertThat(delete(fields("ce-key", "a", "ce-id", "3", time, "2026-01-01T00:00:00Z"), null, ""))
        .isEqualTo(Done.STALE);
    assertThat(stored("a")).isEqualTo("new");
    assertThat(delete(fields("ce-key", "a", "ce-id", "4", time, "2026-01-01T00:00:02Z"), null, ""))
        .isEqualTo(Done.APPLIED);
    assertThat(put(fields("ce-key", "a", "ce-id", "5", time, "2026-01-01T00:00:01.9Z"), TEXT, "x"))
        .isEqualTo(Done.STALE);
    assertThat(store.get("a")).isNull();
  }

  // ---- several at once

  /** In a store of its own, so that what was done there can be compared. */
  private static List<Envelope> events(Random random) {
    List<Envelope> events = new ArrayList<>();
    for (int i = random.nextInt(30); i >= 0; i--) {
      events.add(random(random));
    }
    return events;
  }

  @Test
  void several_areDealtWithAsEachAfterTheOther() {
    Random random = new Random(Seed.forTest("ReceiverTest"));
    for (int round = 0; round < 100; round++) {
      long seed = random.nextLong();
      List<Envelope> events = events(new Random(seed));
      List<Envelope> sameEvents = events(new Random(seed)); // data can be read once
      Store other = Stores.over(clock);
      SimpleMeterRegistry counted = new SimpleMeterRegistry();
      Receiver together =
          new Receiver(
              new Put(other, limits),
              new Delete(other, limits),
              List.of("key"),
              new EventMetrics(counted, clock));
      Store alone = Stores.over(clock);
      SimpleMeterRegistry countedAlone = new SimpleMeterRegistry();
      Receiver oneByOne =
          new Receiver(
              new Put(alone, limits),
              new Delete(alone, limits),
              List.of("key"),
              new EventMetrics(countedAlone, clock));

      List<Outcome> outcomes = together.receiveAll(events, Mode.BATCHED, Addressee.PUT);

      List<Outcome> expected =
          sameEvents.stream()
              .map(event -> oneByOne.receive(event, Mode.BATCHED, Addressee.PUT))
              .toList();
      assertThat(outcomes).isEqualTo(expected);
      for (String key : List.of("0", "1", "2")) {
        assertThat(Stores.textOf(other.get(key))).isEqualTo(Stores.textOf(alone.get(key)));
      }
      assertThat(counts(counted)).isEqualTo(counts(countedAlone));
    }
  }

  private static Envelope random(Random random) {
    String key = "\"key\":\"" + random.nextInt(3) + "\"";
    String data = "\"data\":" + random.nextInt(1_000);
    String time =
        random.nextBoolean()
            ? ""
            : ",\"time\":\"2026-01-01T00:00:0%dZ\"".formatted(random.nextInt(10));
    String event =
        "{\"specversion\":\"1.0\",\"id\":\"%d\",\"source\":\"/s\",\"type\":\"%%s\",%%s%s}"
            .formatted(random.nextInt(40), time);
    return json(
        switch (random.nextInt(6)) {
          case 0 -> event.formatted("io.kvfunctions.delete", "\"data\":{" + key + "}");
          case 1 -> event.formatted("dev.knative.kafka.event", key);
          case 2 -> event.formatted("", key);
          case 3 -> event.formatted("io.kvfunctions.put", data);
          default -> event.formatted("t", key + "," + data);
        });
  }

  private static Map<Object, Double> counts(SimpleMeterRegistry registry) {
    return registry.get("kv.events").counters().stream()
        .collect(Collectors.toMap(counter -> counter.getId().getTags(), Counter::count));
  }

  // ---- metrics

  @Test
  void everyEventIsCounted_byModeAndKindAndWhatCameOfIt() {
    Map<String, String> state = fields("ce-key", "a", "ce-time", "2026-01-01T00:00:00Z");
    put(state, TEXT, "1");
    put(state, TEXT, "1");
    state.put("ce-id", "2");
    state.put("ce-time", "2025-12-31T00:00:00Z");
    put(state, TEXT, "1");
    put(fields("ce-type", "io.kvfunctions.put"), null, "");
    put(fields("ce-type", "dev.knative.kafka.event", "ce-key", "b", "ce-id", "3"), null, "");
    receiver.receive(json("{}"), Mode.BATCHED, Addressee.DELETE);

    assertThat(count("binary", "state", "applied")).isEqualTo(1);
    assertThat(count("binary", "state", "duplicate")).isEqualTo(1);
    assertThat(count("binary", "state", "stale")).isEqualTo(1);
    assertThat(count("binary", "command", "failed")).isEqualTo(1);
    assertThat(count("binary", "tombstone", "applied")).isEqualTo(1);
    assertThat(count("batched", "state", "failed")).isEqualTo(1);
    assertThat(registry.get("kv.events").counters().stream().mapToDouble(c -> c.count()).sum())
        .isEqualTo(6);
  }

  private double count(String mode, String kind, String result) {
    return registry
        .get("kv.events")
        .tags("mode", mode, "kind", kind, "result", result)
        .counter()
        .count();
  }

  @Test
  void theAgeOfTheNewestEvent_isThatOfTheNewestApplied() {
    assertThat(age()).isNaN();
    put(fields("ce-key", "a"), TEXT, "1");
    assertThat(age()).isNaN();
    put(fields("ce-key", "a", "ce-id", "2", "ce-time", "2025-12-31T23:59:50.5Z"), TEXT, "1");
    put(fields("ce-key", "b", "ce-id", "3", "ce-time", "2025-12-31T23:59:40Z"), TEXT, "1");
    assertThat(age()).isEqualTo(9.5);
    clock.move(Duration.ofSeconds(1));
    put(fields("ce-key", "a", "ce-id", "2", "ce-time", "2025-12-31T23:59:55Z"), TEXT, "1");
    assertThat(age()).isEqualTo(10.5);
  }

  private double age() {
    return registry.get("kv.events.newest.age").gauge().value();
  }
}
