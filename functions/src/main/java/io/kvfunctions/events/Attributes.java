package io.kvfunctions.events;

import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.ProblemException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The attributes that an event came with, each once, by name. Nothing has looked at their values
 * yet. For one thread.
 */
final class Attributes {
  static final String ID = "id";
  static final String SOURCE = "source";
  static final String SPECVERSION = "specversion";
  static final String TYPE = "type";
  static final String SUBJECT = "subject";
  static final String TIME = "time";
  static final String DATACONTENTTYPE = "datacontenttype";
  static final String DATASCHEMA = "dataschema";

  /** What is wrong with its data has this name, as if it were an attribute. */
  static final String DATA = "data";

  /**
   * How many an event may have. None has: but each takes memory, and a body has room for a million.
   */
  static final int MOST = 100;

  /** What of a name that is none is said again. */
  private static final int SHOWN = 64;

  /** More than most events have. */
  private static final int USUAL = 12;

  // A few names are compared sooner than one is hashed.
  private String[] names = new String[USUAL];
  private String[] values = new String[USUAL];
  private int size;

  /**
   * Adds one.
   *
   * @throws ProblemException if this is no name of an attribute, there is one of this name, or one
   *     too many
   */
  void add(String name, String value) {
    if (!isName(name)) {
      throw invalid(
          name, "\"%s\" is no name of an attribute: those are of letters a to z and digits");
    }
    if (size == MOST) {
      throw invalid(
          name, "\"%%s\" is one too many: an event has %d attributes at most".formatted(MOST));
    }
    if (get(name) != null) {
      throw invalid(name, "the attribute \"%s\" stands twice");
    }
    if (size == names.length) {
      names = Arrays.copyOf(names, MOST);
      values = Arrays.copyOf(values, MOST);
    }
    names[size] = name;
    values[size++] = value;
  }

  /** The value of the attribute, null where the event does not have it. */
  @Nullable String get(String name) {
    for (int i = 0; i < size; i++) {
      if (names[i].equals(name)) {
        return values[i];
      }
    }
    return null;
  }

  private static boolean isName(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) {
        return false;
      }
    }
    return !name.isEmpty() && !name.equals(DATA);
  }

  /**
   * Something is wrong with an attribute.
   *
   * @param what a sentence, with {@code %s} for the attribute's name
   */
  static ProblemException invalid(String name, String what) {
    String shown = name.length() <= SHOWN ? name : name.substring(0, SHOWN) + "…";
    return Problem.of(Problem.Kind.EVENT_INVALID, what.replace("%s", shown))
        .with("attribute", shown)
        .asException();
  }
}
