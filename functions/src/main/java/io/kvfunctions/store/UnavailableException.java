package io.kvfunctions.store;

import java.io.Serial;

/**
 * That the entries cannot be had at the moment: too few of the instances that hold them are there,
 * or one of them did not answer. Trying again later will help.
 */
public final class UnavailableException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  private final boolean maybeDone;

  private UnavailableException(String message, boolean maybeDone) {
    super(message, null, false, false);
    this.maybeDone = maybeDone;
  }

  /**
   * Nothing was done.
   *
   * @param message why, for people
   */
  public static UnavailableException nothingDone(String message) {
    return new UnavailableException(message, false);
  }

  /** A write that was asked for may have been done, or not. */
  public static UnavailableException maybeDone(String message) {
    return new UnavailableException(message, true);
  }

  /** Whether a write that was asked for may have been done. */
  public boolean isMaybeDone() {
    return maybeDone;
  }
}
