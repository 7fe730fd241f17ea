package io.kvfunctions.http;

import io.netty.handler.codec.DateFormatter;
import java.util.Date;
import java.util.OptionalLong;

/**
 * Points in time as HTTP writes them, whole seconds (RFC 9110 §5.6.7). Safe for any number of
 * threads.
 */
@SuppressWarnings(
    "JavaUtilDate") // what Netty's formatter takes, which knows all three forms of the RFC
final class HttpDate {
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
   * The second this falls into.
   *
   * @param epochMillis milliseconds since 1970
   */
  static String format(long epochMillis) {
    return DateFormatter.format(new Date(epochMillis));
  }

  /** Seconds since 1970; empty where the text is no date. */
  static OptionalLong parse(String text) {
    Date date = DateFormatter.parseHttpDate(text);
    return date == null
        ? OptionalLong.empty()
        : OptionalLong.of(Math.floorDiv(date.getTime(), 1_000L));
  }
}
