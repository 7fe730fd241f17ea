package io.kvfunctions.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Seed;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Utf8Test {
  /**
   * What well-formed and ill-formed sequences are made of (Unicode, table 3-7), with plain ASCII in
   * between.
   */
  private static final int[] BYTES = {
    'a', 'b', 0, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
    0xed, 0xee, 0xef, 0xbd, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff
  };

  @Test
  void whatIsTakenIsWhatAReportingDecoderTakes() {
    Random random = new Random(Seed.forTest("Utf8Test"));
    int wellFormed = 0;
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes = new byte[random.nextInt(24)];
      if (random.nextBoolean()) {
        random.nextBytes(bytes);
      }
      for (int b = 0; b < bytes.length; b++) {
        if (random.nextInt(3) > 0) {
          bytes[b] =
              random.nextInt(4) > 0 ? (byte) 'x' : (byte) BYTES[random.nextInt(BYTES.length)];
        }
      }
      int from = random.nextInt(bytes.length + 1);
      int to = from + random.nextInt(bytes.length - from + 1);
      String expected = strictly(bytes, from, to);

      String what = "%s from %d to %d".formatted(HexFormat.of().formatHex(bytes), from, to);
      assertThat(Utf8.decode(bytes, from, to)).as(what).isEqualTo(expected);
      assertThat(Utf8.isValid(bytes, from, to)).as(what).isEqualTo(expected != null);
      wellFormed += expected == null ? 0 : 1;
    }
    assertThat(wellFormed).isBetween(20_000, 180_000); // both sorts came up
  }

  @Test
  void aReplacementCharacterThatStoodThereIsText() {
    byte[] bytes = "a\ufffdb".getBytes(StandardCharsets.UTF_8);

    assertThat(Utf8.decode(bytes, 0, bytes.length)).isEqualTo("a\ufffdb");
    assertThat(Utf8.isValid(bytes, 0, bytes.length)).isTrue();
  }

  @Test
  void overlongFormsSurrogatesAndStumpsAreNoText() {
    for (String hex :
        new String[] {
          "c080", "c1bf", "e09fbf", "f08fbfbf", "eda080", "f4908080", "80", "c3", "e282", "ff"
        }) {
      byte[] bytes = HexFormat.of().parseHex(hex);
      assertThat(Utf8.decode(bytes, 0, bytes.length)).as(hex).isNull();
      assertThat(Utf8.isValid(bytes, 0, bytes.length)).as(hex).isFalse();
    }
  }

  private static String strictly(byte[] bytes, int from, int to) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, from, to - from))
          .toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }
}
