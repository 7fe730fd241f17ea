package io.kvfunctions.events;

import java.time.Instant;
import java.time.LocalDate;
import java.time.Month;
import java.time.Year;
import org.jspecify.annotations.Nullable;

/**
 * Points in time as RFC 3339 §5.6 writes them. By hand: there is one in nearly every event, and a
 * formatter takes more time over it than the store over the write.
 */
final class Timestamp {
  private static final long SECONDS_PER_DAY = 86_400;

  /** How many digits behind the point an {@link Instant} can hold; what follows is cut off. */
  private static final int DIGITS = 9;

  private final String text;
  private int at;
  private boolean wrong;

  private Timestamp(String text) {
    this.text = text;
  }

  /** The point in time, null where the text is none. */
  static @Nullable Instant parse(String text) {
    return new Timestamp(text).parsed();
  }

  private @Nullable Instant parsed() {
    int year = digits(4);
    take('-', '-');
    int month = digits(2);
    take('-', '-');
    int day = digits(2);
    take('T', 't');
    int hour = digits(2);
    take(':', ':');
    int minute = digits(2);
    take(':', ':');
    int second = digits(2);
    int nano = fraction();
    int offset = offset();
    if (wrong
        || at != text.length()
        || month < 1
        || month > 12
        || day < 1
        || day > Month.of(month).length(Year.isLeap(year))
        || hour > 23
        || minute > 59
        || second > 60) {
      return null;
    }
    long epochSecond =
        LocalDate.of(year, month, day).toEpochDay() * SECONDS_PER_DAY
            + hour * 3_600L
            + minute * 60L
            + second
            - offset;
    if (second == 60 && !followsALeapSecond(epochSecond)) {
      return null;
    }
    return Instant.ofEpochSecond(epochSecond, nano);
  }

  /**
   * Whether a leap second can have come right before: they end a June or a December, by UTC. The
   * clocks of computers do not have them, so that it counts as the second after.
   */
  private static boolean followsALeapSecond(long epochSecond) {
    if (epochSecond % SECONDS_PER_DAY != 0) {
      return false;
    }
    LocalDate date = LocalDate.ofEpochDay(epochSecond / SECONDS_PER_DAY);
    return date.getDayOfMonth() == 1
        && (date.getMonth() == Month.JANUARY || date.getMonth() == Month.JULY);
  }

  private void take(char one, char other) {
    if (at < text.length() && (text.charAt(at) == one || text.charAt(at) == other)) {
      at++;
    } else {
      wrong = true;
    }
  }

  /** A number of exactly so many digits. */
  private int digits(int count) {
    int number = 0;
    for (int i = 0; i < count; i++) {
      int digit = digit();
      if (digit < 0) {
        wrong = true;
        return 0;
      }
      number = number * 10 + digit;
    }
    return number;
  }

  /** The digit that is next, which is passed over; -1 where there is none. */
  private int digit() {
    int digit = at < text.length() ? text.charAt(at) - '0' : -1;
    if (digit < 0 || digit > 9) {
      return -1;
    }
    at++;
    return digit;
  }

  /** The nanoseconds behind the point, if there is one, of any number of digits. */
  private int fraction() {
    if (at == text.length() || text.charAt(at) != '.') {
      return 0;
    }
    at++;
    int nano = 0;
    int read = 0;
    for (int digit = digit(); digit >= 0; digit = digit()) {
      if (read < DIGITS) {
        nano = nano * 10 + digit;
      }
      read++;
    }
    wrong |= read == 0;
    for (; read < DIGITS; read++) {
      nano *= 10;
    }
    return nano;
  }

  /** How many seconds the time of day is ahead of UTC. */
  private int offset() {
    char sign = at < text.length() ? text.charAt(at++) : ' ';
    if (sign == 'Z' || sign == 'z') {
      return 0;
    }
    wrong |= sign != '+' && sign != '-';
    int hours = digits(2);
    take(':', ':');
    int minutes = digits(2);
    wrong |= hours > 23 || minutes > 59;
    int seconds = hours * 3_600 + minutes * 60;
    return sign == '-' ? -seconds : seconds;
  }
}
