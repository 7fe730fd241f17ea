package io.kvfunctions.store;

import static io.kvfunctions.store.Condition.Presence.ANY;
import static io.kvfunctions.store.Stores.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Concurrently;
import io.kvfunctions.Seed;
import io.kvfunctions.SettableClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class StoreListTest {
  private final SettableClock clock = new SettableClock();
  private final Store store = Stores.over(clock);

  private void write(String... keys) {
    for (String key : keys) {
      store.put(key, text(key), TimeToLive.NONE, ANY);
    }
  }

  private static List<String> keys(Page page) {
    return page.entries().stream().map(Page.Item::key).toList();
  }

  /** All keys with the prefix, page by page. */
  private List<String> walk(String prefix, int limit) {
    List<String> seen = new ArrayList<>();
    String after = null;
    Page page;
    do {
      page = store.list(prefix, after, limit);
      seen.addAll(keys(page));
      after = page.more() ? page.entries().getLast().key() : null;
    } while (page.more());
    return seen;
  }

  @Test
  void list_ofAnEmptyStore_isEmpty() {
    assertThat(store.list("", null, 10)).isEqualTo(new Page(List.of(), false));
  }

  @Test
  void list_goesByTheBytesOfUtf8NotByUtf16() {
    write("\ud83d\ude00", "\uffff", "\ue000", "b", "a", "\u00e9", "a/b", "aa", "A", " ", "\u0000");

    List<String> listed = walk("", 3);
    assertThat(listed)
        .containsExactly(
            "\u0000",
            " ",
            "A",
            "a",
            "a/b",
            "aa",
            "b",
            "\u00e9",
            "\ue000",
            "\uffff",
            "\ud83d\ude00");
    assertThat(listed)
        .isSortedAccordingTo(
            (a, b) ->
                Arrays.compareUnsigned(
                    a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void list_givesTheEntriesThatGetGives() {
    write("a", "b");

    for (Page.Item item : store.list("", null, 10).entries()) {
      assertThat(item).isEqualTo(Page.Item.of(item.key(), store.get(item.key()), clock.millis()));
    }
  }

  @Test
  void list_givesWhatBeginsWithThePrefix() {
    write(
        "Europe",
        "Europe/",
        "Europe/Rome",
        "Europe/Zurich",
        "Europe0",
        "Eur",
        "europe/x",
        "Africa/Lagos");

    assertThat(walk("Europe/", 1)).containsExactly("Europe/", "Europe/Rome", "Europe/Zurich");
    assertThat(walk("Europe", 2))
        .containsExactly("Europe", "Europe/", "Europe/Rome", "Europe/Zurich", "Europe0");
    assertThat(walk("Asia", 2)).isEmpty();
    assertThat(walk("Europe/Rome/", 2)).isEmpty();
    assertThat(walk("z", 2)).isEmpty();
  }

  @Test
  void list_ofAPrefixAtTheEndOfAllCharacters() {
    write("\udbff\udfff", "\udbff\udfffx", "\uffff", "\uffffx");

    assertThat(walk("\udbff\udfff", 1)).containsExactly("\udbff\udfff", "\udbff\udfffx");
    assertThat(walk("\uffff", 1)).containsExactly("\uffff", "\uffffx");
  }

  @Test
  void list_saysMoreOnlyWhereThereIsMoreWithThePrefix() {
    write("a1", "a2", "a3", "b");

    assertThat(store.list("a", null, 2).more()).isTrue();
    assertThat(store.list("a", null, 3).more()).isFalse();
    assertThat(store.list("a", "a2", 1).more()).isFalse();
    assertThat(store.list("", null, 4).more()).isFalse();
  }

  @Test
  void list_beginsBehindAKeyThatNeedNotExist() {
    write("a", "c", "e");

    assertThat(keys(store.list("", "a", 10))).containsExactly("c", "e");
    assertThat(keys(store.list("", "b", 10))).containsExactly("c", "e");
    assertThat(keys(store.list("", "c\u0000", 10))).containsExactly("e");
    assertThat(keys(store.list("", "e", 10))).isEmpty();
    assertThat(keys(store.list("", "z", 10))).isEmpty();
    assertThat(keys(store.list("c", "a", 10))).containsExactly("c");
    assertThat(keys(store.list("c", "c", 10))).isEmpty();
    assertThat(keys(store.list("c", "d", 10))).isEmpty();
  }

  @Test
  void list_goesOnWhereItWas_whenTheKeyItStoppedAtIsGone() {
    write("a", "b", "c", "d");
    assertThat(keys(store.list("", null, 2))).containsExactly("a", "b");

    store.delete("b", ANY);
    write("aa");

    assertThat(keys(store.list("", "b", 2))).containsExactly("c", "d");
  }

  @Test
  void list_passesOverWhatHasExpired_andCountsItForNothing() {
    write("a", "c");
    store.put("b", text("1"), TimeToLive.ofSeconds(1), ANY);
    store.put("d", text("1"), TimeToLive.ofSeconds(1), ANY);
    assertThat(keys(store.list("", null, 10))).containsExactly("a", "b", "c", "d");

    clock.move(Duration.ofSeconds(1));

    assertThat(keys(store.list("", null, 2))).containsExactly("a", "c");
    assertThat(store.list("", null, 2).more()).isFalse();
    assertThat(walk("", 1)).containsExactly("a", "c");
  }

  @Test
  void list_ofAKeyThatWasDeletedAndWrittenAgain() {
    write("a", "b");
    store.delete("a", ANY);
    assertThat(walk("", 1)).containsExactly("b");
    write("a");
    assertThat(walk("", 1)).containsExactly("a", "b");
  }

  @Test
  void whatStaysIsSeenExactlyOnceInOrder_whileOthersComeAndGo() throws Exception {
    long seed = Seed.forTest("StoreListTest");
    List<String> staying = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      staying.add("k%04d/stays".formatted(i));
    }
    write(staying.toArray(String[]::new));
    AtomicBoolean walked = new AtomicBoolean();

    Concurrently.run(
        4,
        thread -> {
          Random random = new Random(seed + thread);
          if (thread == 0) {
            try {
              for (int i = 0; i < 30; i++) {
                List<String> seen = walk("k", 1 + random.nextInt(300));
                assertThat(seen).doesNotHaveDuplicates().isSortedAccordingTo(KeyOrder.INSTANCE);
                assertThat(seen.stream().filter(key -> key.endsWith("stays")).toList())
                    .isEqualTo(staying);
              }
            } finally {
              walked.set(true);
            }
          } else {
            while (!walked.get()) {
              String key = "k%04d/%s".formatted(random.nextInt(2_000), random.nextInt(3));
              switch (random.nextInt(5)) {
                case 0 -> store.put(key, text("1"), TimeToLive.NONE, ANY);
                case 1 -> store.put(key, text("1"), TimeToLive.ofSeconds(1), ANY);
                case 2 -> store.delete(key, ANY);
                case 3 -> { // what stays may be rewritten
                  String stays = staying.get(random.nextInt(staying.size()));
                  store.put(stays, text("2"), TimeToLive.ofSeconds(1_000_000), ANY);
                }
                default -> {
                  clock.move(Duration.ofMillis(10));
                  store.sweep(10);
                }
              }
            }
          }
        });
  }
}
