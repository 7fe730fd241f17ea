package io.kvfunctions.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Seed;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyOrderTest {
  private static final int[] EDGES = {
    0, 1, ' ', '/', '0', 'A', 'a', 0x7f, 0x80, 0xff, 0x100, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd,
    0xffff, 0x1_0000, 0x1_f600, 0x10_ffff
  };

  @Test
  void theOrderIsThatOfTheUtf8Bytes() {
    Random random = new Random(Seed.forTest("KeyOrderTest"));
    for (int i = 0; i < 200_000; i++) {
      String a = key(random);
      // Often the same beginning, so that what differs stands anywhere.
      String b = random.nextBoolean() ? key(random) : a.substring(0, cut(random, a)) + key(random);

      int expected =
          Arrays.compareUnsigned(
              a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
      assertThat(Integer.signum(KeyOrder.INSTANCE.compare(a, b)))
          .as("%s and %s", a, b)
          .isEqualTo(Integer.signum(expected));
    }
  }

  @Test
  void whatIsBeyondFfffStandsBehindWhatIsBelow() {
    assertThat("\uffff".compareTo("\ud83d\ude00")).isPositive(); // Java's own order
    assertThat(KeyOrder.INSTANCE.compare("\uffff", "\ud83d\ude00")).isNegative();
  }

  private static int cut(Random random, String text) {
    int at = random.nextInt(text.length() + 1);
    return at > 0 && at < text.length() && Character.isLowSurrogate(text.charAt(at)) ? at - 1 : at;
  }

  private static String key(Random random) {
    StringBuilder key = new StringBuilder();
    for (int n = random.nextInt(random.nextInt(4) == 0 ? 60 : 6); n > 0; n--) {
      key.appendCodePoint(EDGES[random.nextInt(EDGES.length)]);
    }
    return key.toString();
  }
}
