package io.kvfunctions.functions;

import static io.kvfunctions.functions.Jsons.detail;
import static io.kvfunctions.functions.Jsons.read;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.SettableClock;
import io.kvfunctions.store.Condition;
import io.kvfunctions.store.Condition.Presence;
import io.kvfunctions.store.Etag;
import io.kvfunctions.store.Occurrence;
import io.kvfunctions.store.Store;
import io.kvfunctions.store.Stores;
import io.kvfunctions.store.TimeToLive;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeleteTest {
  private final Store store = Stores.over(new SettableClock());
  private final Delete delete = new Delete(store, new Limits(1_024, 1_048_576));

  private Etag write(String key) {
    store.put(key, Stores.text("1"), TimeToLive.NONE, Presence.ANY);
    return store.get(key).etag();
  }

  @Test
  void theInputIsAKeyOrAnObjectWithOneAndPerhapsACondition() {
    assertThat(read(Json.DELETE, "\"a\"")).isEqualTo(new Delete.Input("a", Presence.ANY));
    assertThat(read(Json.DELETE, "{\"key\":\"a\"}")).isEqualTo(new Delete.Input("a", Presence.ANY));
    assertThat(read(Json.DELETE, "{\"ifMatch\":\"*\",\"key\":\"a\"}"))
        .isEqualTo(new Delete.Input("a", Presence.PRESENT));
    assertThat(read(Json.DELETE, "{\"key\":\"a\",\"ifMatch\":\"\\\"AAAAAAAAAAEAAAAC\\\"\"}"))
        .isEqualTo(new Delete.Input("a", Condition.match(Etag.parse("AAAAAAAAAAEAAAAC"))));
  }

  @Test
  void whatIsNoInputIsRefusedWithWhatToChange() {
    assertThat(detail(Json.DELETE, "{\"ifMatch\":\"*\"}"))
        .isEqualTo("the member \"key\" is missing");
    assertThat(detail(Json.DELETE, "{\"key\":[]}")).isEqualTo("key is an array, it takes a string");
    assertThat(detail(Json.DELETE, "{\"key\":\"a\",\"ifMatch\":null}"))
        .isEqualTo("ifMatch is null, it takes a string");
    assertThat(detail(Json.DELETE, "{\"key\":\"a\",\"ifNoneMatch\":\"*\"}"))
        .isEqualTo("the member \"ifNoneMatch\" is not known, there are: key, ifMatch");
    assertThat(detail(Json.DELETE, "{\"key\":\"a\",\"ifMatch\":\"*\",\"ifMatch\":\"*\"}"))
        .isEqualTo("the member \"ifMatch\" stands twice");
    assertThat(detail(Json.DELETE, "false"))
        .isEqualTo(
            "the input is a boolean, it takes a string or an object with the member \"key\"");
  }

  @Test
  void theOutputSaysWhetherThereWasAnEntry() {
    write("a");
    Delete.Output gone = delete.apply(read(Json.DELETE, "\"a\""));

    assertThat(gone).isEqualTo(new Delete.Gone("a", true));
    assertThat(Jsons.write(Json.DELETE, gone, false)).isEqualTo("{\"key\":\"a\",\"deleted\":true}");
    assertThat(delete.apply(read(Json.DELETE, "\"a\""))).isEqualTo(new Delete.Gone("a", false));
  }

  @Test
  void ifMatchThatDoesNotHoldNamesTheCurrentEtagAndLeavesTheEntry() {
    Etag stale = write("a");
    Etag current = write("a");

    assertThat(delete.apply(new Delete.Input("a", Condition.match(stale))))
        .isEqualTo(
            new Problem(
                Problem.Kind.PRECONDITION_FAILED,
                "the condition does not hold of the current entry: read it again and decide anew",
                Map.of("currentEtag", current.toString())));
    assertThat(store.get("a")).isNotNull();
    assertThat(delete.apply(new Delete.Input("a", Condition.match(current))))
        .isEqualTo(new Delete.Gone("a", true));
  }

  @Test
  void ifMatchOfAKeyWithoutEntryFails() {
    assertThat(((Problem) delete.apply(new Delete.Input("a", Presence.PRESENT))).kind())
        .isEqualTo(Problem.Kind.PRECONDITION_FAILED);
  }

  @Test
  void keysAreChecked() {
    assertThat(((Problem) delete.apply(read(Json.DELETE, "\"\""))).kind())
        .isEqualTo(Problem.Kind.KEY_EMPTY);
    assertThat(((Problem) delete.apply(read(Json.DELETE, "\"\\udfff\""))).kind())
        .isEqualTo(Problem.Kind.KEY_INVALID);
  }

  @Test
  void anEventIsAppliedOnceAndNotAfterALaterOne() {
    Occurrence event = Occurrence.of("/test", "2", Instant.ofEpochSecond(2));
    Occurrence earlier = Occurrence.of("/test", "1", Instant.ofEpochSecond(1));

    assertThat(delete.apply(new Delete.Input("a", Presence.ANY, event)))
        .isEqualTo(new Delete.Gone("a", false));
    assertThat(delete.apply(new Delete.Input("a", Presence.ANY, event)))
        .isEqualTo(new Ignored(Ignored.Why.DUPLICATE));
    assertThat(delete.apply(new Delete.Input("a", Presence.ANY, earlier)))
        .isEqualTo(new Ignored(Ignored.Why.STALE));
  }

  @Test
  void anEventThatCannotBeRememberedIsRefused_andAnyOtherDeleteIsNot() {
    Delete full = new Delete(Stores.over(new SettableClock(), 100), new Limits(1_024, 1_048_576));

    assertThat(
            full.apply(
                new Delete.Input("a", Presence.ANY, Occurrence.of("/test", "1", Instant.EPOCH))))
        .isEqualTo(
            new Problem(
                Problem.Kind.STORE_FULL,
                "entries hold 0 of 100 bytes (kv.limits.memory): delete some, let some expire, or"
                    + " give the store more memory",
                Map.of("limit", 100L, "actual", 0L)));
    assertThat(full.apply(new Delete.Input("a", Presence.ANY)))
        .isEqualTo(new Delete.Gone("a", false));
  }

  @Test
  void severalAreEachDoneInTheirOrder_andOneThatFailsStopsNoOther() {
    store.put("a", Stores.text("1"), TimeToLive.NONE, Presence.ANY);
    Etag etag = store.get("a").etag();

    List<Delete.Output> outputs =
        delete.applyAll(
            List.of(
                new Delete.Input("a", Presence.ABSENT),
                new Delete.Input("", Presence.ANY),
                new Delete.Input("a", Presence.ANY),
                new Delete.Input("a", Presence.ANY)));

    assertThat(outputs)
        .containsExactly(
            Problem.preconditionFailed(etag),
            Problem.of(Problem.Kind.KEY_EMPTY, "a key has at least one character"),
            new Delete.Gone("a", true),
            new Delete.Gone("a", false));
  }
}
