package io.kvfunctions.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Concurrently;
import io.kvfunctions.Seed;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class KeyIndexTest {
  private static final String[] BELOW = {"", "a", "b", "\u00e9", "\u20ac", "\ud7ff"};
  private static final String[] ALL = {"a", "\u00e9", "\ud7ff", "\ue000", "\uffff", "\ud83d\ude00"};

  private final KeyIndex index = new KeyIndex();

  private static String key(Random random, String[] of) {
    StringBuilder key = new StringBuilder("k");
    for (int n = random.nextInt(6); n > 0; n--) {
      key.append(of[random.nextInt(of.length)]);
    }
    return key.toString();
  }

  private List<String> keys() {
    List<String> keys = new ArrayList<>();
    index.from("", true).forEach(keys::add);
    return keys;
  }

  @Test
  void theOrderIsThatOfUtf8BeforeAndAfterTheFirstKeyForWhichItMatters() {
    Random random = new Random(Seed.forTest("KeyIndexTest"));
    NavigableSet<String> expected = new TreeSet<>(KeyOrder.INSTANCE);
    for (int i = 0; i < 2_000; i++) {
      String[] of = i < 1_000 ? BELOW : ALL;
      String key = key(random, of);
      if (random.nextInt(3) == 0) {
        index.remove(key);
        expected.remove(key);
      } else {
        index.add(key);
        expected.add(key);
      }
      // Asked for with all characters from the beginning: what is looked for need not be held.
      String from = key(random, ALL);
      assertThat(index.from(from, false)).containsExactlyElementsOf(expected.tailSet(from, false));
      assertThat(index.from(from, true)).containsExactlyElementsOf(expected.tailSet(from, true));
      assertThat(index.added(from)).isEqualTo(expected.contains(from) ? from : null);
    }
    assertThat(keys()).containsExactlyElementsOf(expected);
  }

  @Test
  void added_isTheVeryStringThatWasAdded() {
    String first = new String("key");
    index.add(first);
    index.add(new String("key"));

    assertThat(index.added("key")).isSameAs(first);
    assertThat(index.added("ke")).isNull();
  }

  @Test
  void theOrderHoldsWhileTheFirstKeyForWhichItMattersIsAddedAmongOthers() throws Exception {
    long seed = Seed.forTest("KeyIndexTest.threads");
    for (int round = 0; round < 200; round++) {
      KeyIndex shared = new KeyIndex();
      NavigableSet<String> expected = new TreeSet<>(KeyOrder.INSTANCE);
      List<List<String>> work = new ArrayList<>();
      for (int thread = 0; thread < 3; thread++) {
        Random random = new Random(seed + round * 3L + thread);
        List<String> mine = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
          mine.add(key(random, i < 30 ? BELOW : ALL));
        }
        work.add(mine);
        expected.addAll(mine);
      }
      Concurrently.run(3, thread -> work.get(thread).forEach(shared::add));

      assertThat(shared.from("", true)).containsExactlyElementsOf(expected);
    }
  }
}
