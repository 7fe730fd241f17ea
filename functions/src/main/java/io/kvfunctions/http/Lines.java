package io.kvfunctions.http;

import java.io.IOException;
import java.util.Arrays;

/**
 * A body in lines, one at a time in one growing buffer: a stream of any length in the memory of its
 * longest line. For one thread.
 *
 * <p>A line longer than allowed, or than there is room for at the moment, is passed over to its
 * end, in constant memory, and reported as such.
 */
final class Lines {
  private static final int BUFFER = 8 * 1024;

  /** What to do before waiting for more, or for want of room. */
  interface Flush {
    void run() throws IOException;
  }

  private final BodyInput in;
  private final int limit;
  private final Flush beforeWaiting;

  private byte[] bytes = new byte[BUFFER];
  private int from; // of the current line
  private int to; // end of the current line
  private int next; // where the next line begins
  private int filled; // end of what has been read
  private long number;
  private long length;
  private boolean tooLong;
  private boolean noRoom;

  /**
   * @param limit the most bytes of a line
   * @param beforeWaiting what to do before it waits for more to come, or goes without room
   */
  Lines(BodyInput in, int limit, Flush beforeWaiting) {
    this.in = in;
    this.limit = limit;
    this.beforeWaiting = beforeWaiting;
  }

  /**
   * Goes on to the next line.
   *
   * @return false if there is none
   */
  boolean next() throws IOException {
    from = next;
    length = 0;
    tooLong = false;
    noRoom = false;
    int scanned = 0; // bytes of the line known to hold no line break
    while (true) {
      int end = lineBreak(from + scanned);
      tooLong |= length + (end < 0 ? filled : end) - from > limit;
      if (end >= 0) {
        return found(end, end + 1);
      }
      if (!tooLong && !noRoom && filled - from == bytes.length) {
        noRoom = !grow();
      }
      if (tooLong || noRoom) { // keep nothing of it but its length
        length += filled - from;
        filled = 0;
        from = 0;
      }
      scanned = filled - from;
      if (!fill()) {
        return (scanned > 0 || length > 0) && found(filled, filled);
      }
    }
  }

  private boolean found(int end, int nextFrom) {
    to = end;
    next = nextFrom;
    length += end - from;
    number++;
    return true;
  }

  private int lineBreak(int searchFrom) {
    for (int i = searchFrom; i < filled; i++) {
      if (bytes[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  private boolean grow() throws IOException {
    if (!in.hold(bytes.length)) {
      beforeWaiting.run(); // which may let go of something
      if (!in.hold(bytes.length)) {
        return false;
      }
    }
    bytes = Arrays.copyOf(bytes, bytes.length * 2);
    return true;
  }

  /** Reads more behind what there is of the line; false at the end of the body. */
  private boolean fill() throws IOException {
    if (!in.isReady()) {
      beforeWaiting.run();
      if (bytes.length > BUFFER && filled - from <= BUFFER / 2) {
        in.letGo(); // of what a long line took; who knows how long the next one is in coming
        shift(new byte[BUFFER]);
      }
    }
    if (filled == bytes.length) {
      shift(bytes);
    }
    int read = in.read(bytes, filled, bytes.length - filled);
    if (read < 0) {
      return false;
    }
    filled += read;
    return true;
  }

  /** Moves what there is of the line to the front. */
  private void shift(byte[] into) {
    System.arraycopy(bytes, from, into, 0, filled - from);
    filled -= from;
    from = 0;
    bytes = into;
  }

  byte[] bytes() {
    return bytes;
  }

  int from() {
    return from;
  }

  int to() {
    return to;
  }

  /** Counted from 1, blank ones too. */
  long number() {
    return number;
  }

  /** Bytes of the line, without its line break. */
  long length() {
    return length;
  }

  boolean isTooLong() {
    return tooLong;
  }

  /** Whether all connections together held too much for it to be taken as well. */
  boolean isWithoutRoom() {
    return noRoom;
  }

  boolean isBlank() {
    if (tooLong || noRoom) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r') {
        return false;
      }
    }
    return true;
  }
}
