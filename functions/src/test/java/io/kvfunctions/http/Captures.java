package io.kvfunctions.http;

import static java.util.stream.Collectors.joining;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the answers of one case have shown so far, and the placeholders that stand for it.
 *
 * <p>In anything written, {@code ${name}} is what was captured under that name, {@code ${name-1s}}
 * a captured date moved by seconds, and {@code ${*3:ab}} is {@code ababab}. In anything expected,
 * {@code ${name=etag}} matches what has the form of an ETag and captures it, and {@code ${=etag}}
 * only matches it.
 */
final class Captures {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([^}]*)}");
  private static final Pattern EXPECTING = Pattern.compile("\\$\\{(?!\\*)[^}]*=[^}]*}");
  private static final Pattern REPEATED = Pattern.compile("\\*([0-9]+):(.*)", Pattern.DOTALL);
  private static final Pattern MOVED = Pattern.compile("(.+)([+-][0-9]+)s");

  private static final Map<String, String> FORMS =
      Map.of(
          "etag", "[A-Za-z0-9_-]{16}",
          "date",
              "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT",
          "cursor", "[A-Za-z0-9_-]+",
          "number", "[0-9]+",
          "text", ".+",
          "any", ".*");

  /** Three ways to write a date that RFC 9110 §5.6.7 wants understood: the usual one first. */
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH);

  private static final DateTimeFormatter RFC_850 =
      DateTimeFormatter.ofPattern("EEEE, dd-MMM-yy HH:mm:ss 'GMT'", Locale.ENGLISH);
  private static final DateTimeFormatter ASCTIME =
      DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss yyyy", Locale.ENGLISH);

  private final Map<String, String> captured = new HashMap<>();

  void put(String name, String value) {
    captured.put(name, value);
  }

  String get(String name) {
    String value = captured.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "nothing was captured as " + name + ", only " + captured.keySet());
    }
    return value;
  }

  /** The text with every placeholder replaced by what it stands for. */
  String fill(String template) {
    return PLACEHOLDER
        .matcher(template)
        .replaceAll(match -> Matcher.quoteReplacement(value(match.group(1))));
  }

  private String value(String placeholder) {
    Matcher repeated = REPEATED.matcher(placeholder);
    if (repeated.matches()) {
      return repeated.group(2).repeat(Integer.parseInt(repeated.group(1)));
    }
    Matcher moved = MOVED.matcher(placeholder);
    if (moved.matches()) {
      return DATE.format(date(moved.group(1)).plusSeconds(Long.parseLong(moved.group(2))));
    }
    if (placeholder.endsWith(" as RFC 850")) {
      return RFC_850.format(date(placeholder.replace(" as RFC 850", "")));
    }
    if (placeholder.endsWith(" as asctime")) {
      return ASCTIME.format(date(placeholder.replace(" as asctime", "")));
    }
    return get(placeholder);
  }

  private ZonedDateTime date(String name) {
    return ZonedDateTime.of(LocalDateTime.parse(get(name), DATE), ZoneOffset.UTC);
  }

  /**
   * Whether the text is what the template expects; if it is, what the template names is captured.
   */
  boolean matches(String template, String actual) {
    if (!EXPECTING.matcher(template).find()) {
      return fill(template).equals(actual);
    }
    List<String> names = new ArrayList<>();
    StringBuilder regex = new StringBuilder();
    Matcher placeholder = PLACEHOLDER.matcher(template);
    int done = 0;
    while (placeholder.find()) {
      regex.append(Pattern.quote(template.substring(done, placeholder.start())));
      done = placeholder.end();
      int equals = placeholder.group(1).lastIndexOf('=');
      if (equals < 0 || placeholder.group(1).startsWith("*")) {
        regex.append(Pattern.quote(value(placeholder.group(1))));
        continue;
      }
      String form = placeholder.group(1).substring(equals + 1);
      if (!FORMS.containsKey(form)) {
        throw new IllegalArgumentException("no form is named " + form + ", only " + FORMS.keySet());
      }
      names.add(placeholder.group(1).substring(0, equals));
      regex.append('(').append(FORMS.get(form)).append(')');
    }
    regex.append(Pattern.quote(template.substring(done)));
    Matcher match = Pattern.compile(regex.toString(), Pattern.DOTALL).matcher(actual);
    if (!match.matches()) {
      return false;
    }
    for (int i = 0; i < names.size(); i++) {
      if (!names.get(i).isEmpty()) {
        captured.put(names.get(i), match.group(i + 1));
      }
    }
    return true;
  }

  /** What was captured, for a message. */
  @Override
  public String toString() {
    return captured.entrySet().stream()
        .map(entry -> entry.getKey() + " = " + Bytes.show(entry.getValue()))
        .sorted()
        .collect(joining("\n"));
  }
}
