package io.kvfunctions.store;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What came of one of several changes: its outcome, or that it cannot be had.
 *
 * @param <O> the outcome
 */
public sealed interface Attempt<O extends @Nullable Object> {
  /** Tries it. */
  static <O extends @Nullable Object> Attempt<O> of(Supplier<O> change) {
    try {
      return new Done<>(change.get());
    } catch (UnavailableException e) {
      return new Unavailable<>(e);
    }
  }

  /**
   * The outcome.
   *
   * @throws UnavailableException if it cannot be had
   */
  O outcome();

  /** The change was carried out, or refused for what stands under its key. */
  record Done<O extends @Nullable Object>(O outcome) implements Attempt<O> {}

  /** Nothing came of it, or nobody knows what did. */
  record Unavailable<O extends @Nullable Object>(UnavailableException why) implements Attempt<O> {
    @Override
    public O outcome() {
      throw why;
    }
  }
}
