package io.kvfunctions.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Seed;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimestampTest {

  @ParameterizedTest
  @CsvSource({
    "2018-04-05T17:31:00Z, 2018-04-05T17:31:00Z",
    "2018-04-05t17:31:00z, 2018-04-05T17:31:00Z",
    "2018-04-05T17:31:00.5Z, 2018-04-05T17:31:00.500Z",
    "2018-04-05T17:31:00.123456789Z, 2018-04-05T17:31:00.123456789Z",
    "2018-04-05T17:31:00.1234567899999Z, 2018-04-05T17:31:00.123456789Z",
    "2018-04-05T17:31:00.00000000000001Z, 2018-04-05T17:31:00Z",
    "2018-04-05T17:31:00+02:00, 2018-04-05T15:31:00Z",
    "2018-04-05T17:31:00-00:00, 2018-04-05T17:31:00Z",
    "2018-04-05T23:59:59.9-23:59, 2018-04-06T23:58:59.900Z",
    "2018-01-01T00:30:00+01:00, 2017-12-31T23:30:00Z",
    "2016-02-29T00:00:00Z, 2016-02-29T00:00:00Z",
    "2000-02-29T00:00:00Z, 2000-02-29T00:00:00Z",
    "0000-01-01T00:00:00Z, 0000-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999Z, 1969-12-31T23:59:59.999Z",
    "9999-12-31T23:59:59.999999999Z, 9999-12-31T23:59:59.999999999Z",
    "1990-12-31T23:59:60Z, 1991-01-01T00:00:00Z",
    "1990-12-31T15:59:60-08:00, 1991-01-01T00:00:00Z",
    "2015-06-30T23:59:60.5Z, 2015-07-01T00:00:00.500Z"
  })
  void parse_takesWhatRfc3339Has(String text, String instant) {
    assertThat(Timestamp.parse(text)).isEqualTo(Instant.parse(instant));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "yesterday",
        "2018-04-05",
        "2018-04-05T17:31Z",
        "2018-04-05T17:31:00",
        "2018-04-05 17:31:00Z",
        " 2018-04-05T17:31:00Z",
        "2018-04-05T17:31:00Z ",
        "2018-04-05T17:31:00ZZ",
        "2018-4-5T17:31:00Z",
        "18-04-05T17:31:00Z",
        "+2018-04-05T17:31:00Z",
        "2018-04-05T17:31:00.Z",
        "2018-04-05T17:31:00,5Z",
        "2018-04-05T17:31:00+2",
        "2018-04-05T17:31:00+0200",
        "2018-04-05T17:31:00+24:00",
        "2018-04-05T17:31:00+02:60",
        "2018-04-05T17:31:00*02:00",
        "2018-00-05T17:31:00Z",
        "2018-13-05T17:31:00Z",
        "2018-04-00T17:31:00Z",
        "2018-04-31T17:31:00Z",
        "2018-02-29T17:31:00Z",
        "1900-02-29T17:31:00Z",
        "2018-04-05T24:00:00Z",
        "2018-04-05T17:60:00Z",
        "2018-04-05T17:31:61Z",
        "2018-04-05T17:31:60Z",
        "2018-04-30T23:59:60Z",
        "1990-12-31T23:59:60+01:00",
        "2018-04-05T17:31:0\u0660Z",
        "1522949460"
      })
  void parse_takesNothingElse(String text) {
    assertThat(Timestamp.parse(text)).isNull();
  }

  @Test
  void parse_agreesWithTheJdk() {
    Random random = new Random(Seed.forTest("TimestampTest"));
    for (int i = 0; i < 100_000; i++) {
      OffsetDateTime time =
          Instant.ofEpochSecond(
                  random.nextLong(-62_000_000_000L, 253_000_000_000L),
                  random.nextInt(4) == 0 ? 0 : random.nextInt(1_000_000_000))
              .atOffset(
                  random.nextBoolean()
                      ? ZoneOffset.UTC
                      : ZoneOffset.ofTotalSeconds(60 * random.nextInt(-18 * 60, 18 * 60)));
      String text = time.toString();
      if (time.getSecond() != 0 || time.getNano() != 0) { // else the JDK leaves the seconds out
        assertThat(Timestamp.parse(text)).as(text).isEqualTo(time.toInstant());
      }
    }
  }
}
