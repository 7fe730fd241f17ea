package io.kvfunctions.grid;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What one instance tells the others about itself: the one message that a {@link Quorum} needs.
 *
 * <p>Immutable. What it says stays true however late it comes, of the moment it was said at.
 *
 * @param id the instance, drawn at random when its process starts
 * @param leaving whether it has announced that it leaves; once it has, it stays so
 * @param electorate the newest one it knows of
 * @param promised the ballot on what follows that electorate below which it agrees to nothing more
 * @param accepted the last proposal for what follows that electorate that it agreed to, or null
 *     where there is none
 */
public record State(
    String id,
    boolean leaving,
    Electorate electorate,
    Ballot promised,
    @Nullable Proposal accepted) {
  /** How long an id may be, in characters. */
  public static final int MAX_ID = 64;

  /** How many instances an electorate may have. */
  public static final int MAX_IDS = 1_000;

  /** The first byte of what is written. Another one stands for something else. */
  private static final byte FORMAT = 1;

  private static final int LEAVING = 1;
  private static final int ACCEPTED = 2;

  /** What an instance that has just started says. */
  static State ofNew(String id) {
    return new State(id, false, Electorate.NONE, Ballot.NONE, null);
  }

  State announcingLeave() {
    return new State(id, true, electorate, promised, accepted);
  }

  /** The same in a new electorate, on whose successor there was no ballot yet. */
  State following(Electorate next) {
    return new State(id, leaving, next, Ballot.NONE, null);
  }

  State promising(Ballot ballot) {
    return new State(id, leaving, electorate, ballot, accepted);
  }

  State accepting(Proposal proposal) {
    return new State(id, leaving, electorate, proposal.ballot(), proposal);
  }

  /** Whether what it agreed to last was proposed in this ballot. */
  boolean acceptedIn(Ballot ballot) {
    return accepted != null && accepted.ballot().equals(ballot);
  }

  /** Writes it in the form that {@link #readFrom} reads. */
  public void writeTo(DataOutput out) throws IOException {
    out.writeByte(FORMAT);
    out.writeByte((leaving ? LEAVING : 0) | (accepted == null ? 0 : ACCEPTED));
    out.writeUTF(id);
    out.writeLong(electorate.version());
    writeIds(electorate.ids(), out);
    writeBallot(promised, out);
    if (accepted != null) {
      writeBallot(accepted.ballot(), out);
      writeIds(accepted.ids(), out);
    }
  }

  /**
   * Reads what {@link #writeTo} wrote.
   *
   * @throws IOException also where it reads anything else, without having taken memory for more
   *     than it read
   */
  public static State readFrom(DataInput in) throws IOException {
    byte format = in.readByte();
    if (format != FORMAT) {
      throw new IOException("state in format %d, known is %d".formatted(format, FORMAT));
    }
    byte flags = in.readByte();
    if ((flags & ~(LEAVING | ACCEPTED)) != 0) {
      throw new IOException("state with flags %d".formatted(flags));
    }
    String id = readId(in);
    Electorate electorate = new Electorate(readNumber(in), readIds(in));
    if (electorate.isNone() != electorate.ids().isEmpty()) {
      throw new IOException(
          "electorate %d of %d instances".formatted(electorate.version(), electorate.ids().size()));
    }
    Ballot promised = readBallot(in);
    Proposal accepted = (flags & ACCEPTED) == 0 ? null : readProposal(in);
    return new State(id, (flags & LEAVING) != 0, electorate, promised, accepted);
  }

  private static void writeIds(NavigableSet<String> ids, DataOutput out) throws IOException {
    out.writeInt(ids.size());
    for (String each : ids) {
      out.writeUTF(each);
    }
  }

  private static NavigableSet<String> readIds(DataInput in) throws IOException {
    int count = in.readInt();
    if (count < 0 || count > MAX_IDS) {
      throw new IOException("%,d instances, the limit is %,d".formatted(count, MAX_IDS));
    }
    NavigableSet<String> ids = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      ids.add(readId(in));
    }
    if (ids.size() < count) {
      throw new IOException("an instance that is there twice");
    }
    return ids;
  }

  private static String readId(DataInput in) throws IOException {
    String id = in.readUTF();
    if (id.isEmpty() || id.length() > MAX_ID) {
      throw new IOException(
          "id of %,d characters, 1 to %,d are allowed".formatted(id.length(), MAX_ID));
    }
    return id;
  }

  private static void writeBallot(Ballot ballot, DataOutput out) throws IOException {
    out.writeLong(ballot.number());
    if (ballot.number() > 0) {
      out.writeUTF(ballot.proposer());
    }
  }

  private static Ballot readBallot(DataInput in) throws IOException {
    long number = readNumber(in);
    return number == 0 ? Ballot.NONE : new Ballot(number, readId(in));
  }

  private static Proposal readProposal(DataInput in) throws IOException {
    Proposal proposal = new Proposal(readBallot(in), readIds(in));
    if (proposal.ballot().equals(Ballot.NONE) || proposal.ids().isEmpty()) {
      throw new IOException("a proposal of nothing");
    }
    return proposal;
  }

  private static long readNumber(DataInput in) throws IOException {
    long number = in.readLong();
    if (number < 0) {
      throw new IOException("number %d, 0 or more are allowed".formatted(number));
    }
    return number;
  }
}
