package io.kvfunctions.settings;

/** A text that is not to be shown, say in the log. */
public record Hidden(String text) {
  /** How a setting is made of text. */
  public static Hidden valueOf(String text) {
    return new Hidden(text);
  }

  @Override
  public String toString() {
    return "(hidden)";
  }
}
