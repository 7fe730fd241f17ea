package io.kvfunctions.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class HttpDateTest {
  private static final DateTimeFormatter IMF_FIXDATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  @Test
  void format_isTheFixedFormOfTheRfc_onEveryDayAndAtOddTimes() {
    long day = 86_400_000L;
    for (long millis = 0; millis < 60_000 * day; millis += day - 61_001) {
      assertThat(HttpDate.format(millis))
          .isEqualTo(IMF_FIXDATE.format(Instant.ofEpochMilli(millis)));
    }
  }

  @Test
  void parse_takesAllThreeFormsAndRefusesTheRest() {
    assertThat(HttpDate.parse("Sun, 06 Nov 1994 08:49:37 GMT")).hasValue(784_111_777);
    assertThat(HttpDate.parse("Sunday, 06-Nov-94 08:49:37 GMT")).hasValue(784_111_777);
    assertThat(HttpDate.parse("Sun Nov  6 08:49:37 1994")).hasValue(784_111_777);
    assertThat(HttpDate.parse("yesterday")).isEmpty();
    assertThat(HttpDate.parse("x".repeat(65))).isEmpty();
  }

  @Test
  void format_andParse_agree() {
    assertThat(HttpDate.parse(HttpDate.format(1_764_000_000_999L))).hasValue(1_764_000_000L);
  }
}
