package io.kvfunctions.grid;

import java.util.Collections;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * Who is to be the next electorate. In one ballot there is one proposal.
 *
 * @param ids one or more
 */
public record Proposal(Ballot ballot, NavigableSet<String> ids) {
  public Proposal {
    ids = Collections.unmodifiableNavigableSet(new TreeSet<>(ids));
  }
}
