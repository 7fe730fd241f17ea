package io.kvfunctions.grid;

import java.util.Comparator;

/**
 * The name of one attempt to have an electorate followed by another, which is never used for a
 * second attempt. Of two of them the later one counts.
 *
 * @param number 1 or more; 0 where there was no attempt yet
 * @param proposer the id of the instance whose attempt it is
 */
public record Ballot(long number, String proposer) implements Comparable<Ballot> {
  /** What there is before the first one. */
  public static final Ballot NONE = new Ballot(0, "");

  private static final Comparator<Ballot> ORDER =
      Comparator.comparingLong(Ballot::number).thenComparing(Ballot::proposer);

  /** One that is later than this, and of this instance. */
  Ballot next(String id) {
    return new Ballot(number + 1, id);
  }

  @Override
  public int compareTo(Ballot other) {
    return ORDER.compare(this, other);
  }
}
