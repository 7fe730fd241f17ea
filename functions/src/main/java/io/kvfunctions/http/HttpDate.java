package io.kvfunctions.http;

import io.netty.handler.codec.DateFormatter;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.Date;
import java.util.OptionalLong;

/**
 * Points in time as HTTP writes them, whole seconds (RFC 9110 §5.6.7). Safe for any number of
 * threads.
 */
@SuppressWarnings(
    "JavaUtilDate") // what Netty's formatter takes, which knows all three forms of the RFC
final class HttpDate {
  private static final int SECONDS_PER_DAY = 86_400;
  private static final byte[] DAYS = "MonTueWedThuFriSatSun".getBytes(StandardCharsets.ISO_8859_1);
  private static final byte[] MONTHS =
      "JanFebMarAprMayJunJulAugSepOctNovDec".getBytes(StandardCharsets.ISO_8859_1);

  private static volatile Second now = new Second(0, "");

  private HttpDate() {}

  private record Second(long epochSecond, String text) {}

  /** This second, written once however often it is asked for. */
  static String now() {
    long second = System.currentTimeMillis() / 1_000;
    Second last = now;
    if (last.epochSecond != second) {
      last = new Second(second, format(second * 1_000));
      now = last;
    }
    return last.text;
  }

  /**
   * The second this falls into. By hand, since every GET needs one and a formatter with a calendar
   * in it made a quarter of all garbage.
   *
   * @param epochMillis milliseconds since 1970
   */
  static String format(long epochMillis) {
    long epochSecond = Math.floorDiv(epochMillis, 1_000L);
    LocalDate date = LocalDate.ofEpochDay(Math.floorDiv(epochSecond, SECONDS_PER_DAY));
    int second = (int) Math.floorMod(epochSecond, (long) SECONDS_PER_DAY);
    byte[] text = "Sun, 00 Jan 0000 00:00:00 GMT".getBytes(StandardCharsets.ISO_8859_1);
    copy(DAYS, date.getDayOfWeek().getValue() - 1, text, 0);
    copy(MONTHS, date.getMonthValue() - 1, text, 8);
    twoDigits(date.getDayOfMonth(), text, 5);
    twoDigits(date.getYear() / 100, text, 12);
    twoDigits(date.getYear() % 100, text, 14);
    twoDigits(second / 3_600, text, 17);
    twoDigits(second / 60 % 60, text, 20);
    twoDigits(second % 60, text, 23);
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  private static void copy(byte[] names, int index, byte[] into, int at) {
    System.arraycopy(names, 3 * index, into, at, 3);
  }

  private static void twoDigits(int number, byte[] into, int at) {
    into[at] = (byte) ('0' + number / 10);
    into[at + 1] = (byte) ('0' + number % 10);
  }

  /** Seconds since 1970; empty where the text is no date. */
  @SuppressWarnings(
      "JavaUtilDate") // what Netty's parser gives, which knows all three forms of the RFC
  static OptionalLong parse(String text) {
    // Longer than any of its forms is no date; Netty's parser throws at it.
    Date date = text.length() > 64 ? null : DateFormatter.parseHttpDate(text);
    return date == null
        ? OptionalLong.empty()
        : OptionalLong.of(Math.floorDiv(date.getTime(), 1_000L));
  }
}
