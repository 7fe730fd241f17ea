package io.kvfunctions.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Concurrently;
import io.kvfunctions.Seed;
import io.kvfunctions.SettableClock;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

class EtagTest {
  private final SettableClock clock = new SettableClock();
  private final EtagSequence sequence = new EtagSequence(clock, 7);

  @Test
  void theTextIsTheTwelveBytesInBase64urlAndReadsBack() {
    Random random = new Random(Seed.forTest("EtagTest"));
    for (int i = 0; i < 10_000; i++) {
      Etag etag = new Etag(random.nextLong(), random.nextInt());
      byte[] bytes = ByteBuffer.allocate(12).putLong(etag.stamp()).putInt(etag.origin()).array();
      String text = Base64.getUrlEncoder().encodeToString(bytes);

      assertThat(etag.toString()).isEqualTo(text).hasSize(Etag.LENGTH);
      assertThat(Etag.parse(text)).isEqualTo(etag);
      byte[] ascii = new byte[Etag.LENGTH];
      for (int c = 0; c < ascii.length; c++) {
        ascii[c] = etag.charAt(c);
      }
      assertThat(new String(ascii, StandardCharsets.US_ASCII)).isEqualTo(text);
    }
  }

  @Test
  void textThatIsNoEtagOfThisStoreIsNull() {
    assertThat(Etag.parse("")).isNull();
    assertThat(Etag.parse("AAAAAAAAAAAAAAA")).isNull();
    assertThat(Etag.parse("AAAAAAAAAAAAAAAAA")).isNull();
    assertThat(Etag.parse("AAAAAAAAAAAAAA+A")).isNull();
    assertThat(Etag.parse("AAAAAAAAAAAAAA/A")).isNull();
    assertThat(Etag.parse("AAAAAAAAAAAAAA A")).isNull();
    assertThat(Etag.parse("AAAAAAAAAAAAAAA\u0141")).isNull();
    assertThat(Etag.parse("AAAAAAAAAAAAAAA\u00e9")).isNull();
  }

  @Test
  void textOfSixteenCharactersWithPaddingIsNull() {
    assertThat(Etag.parse("AAAAAAAAAAAAAAA=")).isNull();
    assertThat(Etag.parse("AAAAAAAAAAAAAA==")).isNull();
    assertThat(Etag.parse("================")).isNull();
  }

  @Test
  void stampsGrowWhileTheClockStandsStillAndWhenItGoesBack() {
    long last = sequence.nextStamp(0);
    for (int i = 0; i < 10_000; i++) {
      if (i % 100 == 0) {
        clock.move(Duration.ofMillis(i % 300 == 0 ? 5 : -40));
      }
      long next = sequence.nextStamp(0);
      assertThat(next).isGreaterThan(last);
      last = next;
    }
  }

  @Test
  void aStampSaysWhenAndNeverEarlierThanTheOneBefore() {
    assertThat(written(sequence.nextStamp(0))).isEqualTo(clock.millis());
    clock.move(Duration.ofMillis(3));
    assertThat(written(sequence.nextStamp(0))).isEqualTo(clock.millis());
    long highest = clock.millis();
    clock.move(Duration.ofHours(-1));
    assertThat(written(sequence.nextStamp(0))).isEqualTo(highest);
  }

  @Test
  void moreStampsThanTheCountHoldsRunOnIntoTheNextMillisecond() {
    long first = sequence.nextStamp(0);
    long last = first;
    for (int i = 0; i < 1 << EtagSequence.COUNT_BITS; i++) {
      long next = sequence.nextStamp(0);
      if (next != last + 1) {
        assertThat(next).isEqualTo(last + 1);
      }
      last = next;
    }
    assertThat(written(last)).isEqualTo(clock.millis() + 1);
  }

  @Test
  void stampsSayWhenInAndAfterTheYear2039() {
    // 2^41 ms: the 42 bits of the time then begin with a one, and a stamp is a negative long.
    clock.set((1L << 41) - 1);
    assertThat(written(sequence.nextStamp(0))).isEqualTo(clock.millis());
    clock.move(Duration.ofMillis(1));
    assertThat(written(sequence.nextStamp(0))).isEqualTo(clock.millis());
    clock.move(Duration.ofDays(10_000));
    long stamp = sequence.nextStamp(0);
    assertThat(written(stamp)).isEqualTo(clock.millis());
    clock.move(Duration.ofDays(-20_000));
    assertThat(sequence.nextStamp(0)).isEqualTo(stamp + 1);
  }

  @Test
  void aClockBefore1970StillMakesStamps() {
    clock.set(-5);
    long first = sequence.nextStamp(0);

    assertThat(sequence.nextStamp(0)).isEqualTo(first + 1);
    assertThat(written(first)).isZero();
  }

  @Test
  void noTwoWritesOfAnyThreadOrOriginShareAnEtag() throws Exception {
    int threads = 4;
    int each = 50_000;
    Set<Etag> seen = ConcurrentHashMap.newKeySet();
    EtagSequence[] origins = {sequence, new EtagSequence(clock, 8)};

    Concurrently.run(
        threads,
        thread -> {
          EtagSequence mine = origins[thread % origins.length];
          for (int i = 0; i < each; i++) {
            seen.add(new Etag(mine.nextStamp(0), mine.origin()));
          }
        });

    assertThat(seen).hasSize(threads * each);
  }

  private long written(long stamp) {
    return new Entry(Stores.text(""), stamp, 0, Entry.NEVER, null).lastModifiedMillis();
  }

  @Test
  void nextStamp_isGreaterThanThatOfAnotherInstance_whoseClockIsAhead() {
    SettableClock clock = new SettableClock();
    EtagSequence sequence = new EtagSequence(clock, 1);
    long ahead = (clock.millis() + 60_000) << EtagSequence.COUNT_BITS;

    assertThat(sequence.nextStamp(ahead)).isEqualTo(ahead + 1);
    assertThat(sequence.nextStamp(0)).isEqualTo(ahead + 2);
  }
}
