package io.kvfunctions.functions;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.store.Condition.Presence;
import io.kvfunctions.store.Store;
import io.kvfunctions.store.Stores;
import io.kvfunctions.store.TimeToLive;
import io.kvfunctions.store.UnavailableEntries;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The functions over entries that cannot be had. */
class UnavailableTest {
  private static final Problem MAYBE_DONE =
      new Problem(
          Problem.Kind.UNAVAILABLE,
          UnavailableEntries.WHY
              + "; the write may or may not have been done: read the key again, or write under a condition",
          Map.of("maybeDone", true));

  private final Store store = Stores.unavailable();
  private final Limits limits = new Limits(1_024, 1_024);

  @Test
  void get_saysWhy() {
    assertThat(new Get(store, limits).apply(new Get.Input("a")))
        .isEqualTo(Problem.of(Problem.Kind.UNAVAILABLE, UnavailableEntries.WHY));
  }

  @Test
  void aWrite_saysThatItMayHaveBeenDone() {
    assertThat(
            new Put(store, limits)
                .apply(new Put.Input("a", Stores.text("1"), TimeToLive.NONE, Presence.ANY)))
        .isEqualTo(MAYBE_DONE);
    assertThat(new Delete(store, limits).apply(new Delete.Input("a", Presence.ANY)))
        .isEqualTo(MAYBE_DONE);
  }

  @Test
  void maybeDone_isABooleanInJson() {
    assertThat(Jsons.write(Json.PUT, MAYBE_DONE, false)).endsWith(",\"maybeDone\":true}");
  }

  @Test
  void whatIsInvalid_isSoWhateverThereIs() {
    assertThat(new Delete(store, limits).apply(new Delete.Input("", Presence.ANY)))
        .isInstanceOfSatisfying(
            Problem.class, problem -> assertThat(problem.kind()).isEqualTo(Problem.Kind.KEY_EMPTY));
  }

  @Test
  void ofSeveral_eachIsToldWhatBecameOfIt() {
    Put.Input put = new Put.Input("a", Stores.text("1"), TimeToLive.NONE, Presence.ANY);
    Put.Input invalid = new Put.Input("", Stores.text("1"), TimeToLive.NONE, Presence.ANY);
    Problem keyEmpty = Problem.of(Problem.Kind.KEY_EMPTY, "a key has at least one character");

    assertThat(new Put(store, limits).applyAll(List.of(put, invalid, put)))
        .containsExactly(MAYBE_DONE, keyEmpty, MAYBE_DONE);
    assertThat(new Delete(store, limits).applyAll(List.of(new Delete.Input("a", Presence.ANY))))
        .containsExactly(MAYBE_DONE);
    assertThat(new Get(store, limits).applyAll(List.of(new Get.Input("a"), new Get.Input(""))))
        .containsExactly(Problem.of(Problem.Kind.UNAVAILABLE, UnavailableEntries.WHY), keyEmpty);
  }

  @Test
  void ofSeveral_whatWasDoneIsTold_whateverBecameOfTheOthers() {
    Put put = new Put(Stores.unavailableAfter(1), limits);
    Put.Input input = new Put.Input("a", Stores.text("1"), TimeToLive.NONE, Presence.ANY);

    List<Put.Output> outputs = put.applyAll(List.of(input, input));

    assertThat(outputs.getFirst()).isInstanceOf(Put.Stored.class);
    assertThat(outputs.getLast()).isEqualTo(MAYBE_DONE);
  }
}
