package io.kvfunctions.functions;

import java.util.Locale;

/**
 * That an event asked for a write that is not to be: nothing was changed, and nothing is wrong. As
 * JSON {@code {"ignored"}}.
 *
 * @param why what the event was
 */
public record Ignored(Why why) implements Put.Output, Delete.Output {

  /** What an event can be that is not applied. */
  public enum Why {
    /** It was applied before. */
    DUPLICATE,
    /** One that tells of something later was applied to the key. */
    STALE;

    /** As {@code duplicate}. */
    public String slug() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
