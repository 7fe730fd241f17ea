package io.kvfunctions.store;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of the events that were applied to one key: which ones, so that none is
 * applied twice, and the time of the newest, so that none is applied after a later one.
 *
 * <p>It stands in the key's {@link Entry} and is decided on in the same step as the write, so there
 * is nothing beside the entry that could disagree with it. It is bounded twice. What was applied a
 * {@linkplain Bounds#window() window} ago or longer is forgotten, to the millisecond: nothing here
 * answers by it any more, though its memory is given back only by the key's next write or when the
 * key goes. And of more events than {@link Bounds#perKey()} the ones applied last are remembered;
 * an older one that comes again is then known by its time alone.
 *
 * <p>Immutable. It holds at least one event: where nothing is remembered there is no memory. A
 * clock that is set back makes it remember for longer, never for shorter.
 */
public final class EventMemory {
  /** Longs an event takes: high, low, when it was applied. */
  static final int WORDS = 3;

  /** What {@link #with} begins with. Its newest event was applied before any clock began. */
  private static final EventMemory NOTHING = new EventMemory(new long[0], 0, 0, Long.MIN_VALUE);

  /** Which were applied and when, in milliseconds since 1970; in that order. */
  private final long[] events;

  private final long newestSecond;
  private final int newestNano;

  /** When the newest event was applied, in milliseconds since 1970. */
  private final long newestAppliedAt;

  /**
   * How much is remembered.
   *
   * @param window how long
   * @param perKey how many events of a key, at most; 1 or more
   */
  public record Bounds(Duration window, int perKey) {
    /** The moment that is forgotten, with all before it. In milliseconds since 1970. */
    long horizon(long nowMillis) {
      return nowMillis - window.toMillis();
    }
  }

  private EventMemory(long[] events, long newestSecond, int newestNano, long newestAppliedAt) {
    this.events = events;
    this.newestSecond = newestSecond;
    this.newestNano = newestNano;
    this.newestAppliedAt = newestAppliedAt;
  }

  /** The memory with this event, which is applied now, and without what is forgotten by now. */
  static EventMemory with(
      Occurrence event, @Nullable EventMemory before, Bounds bounds, long nowMillis) {
    EventMemory memory = before == null ? NOTHING : before;
    int kept = Math.min(memory.remembered(bounds.horizon(nowMillis)), bounds.perKey() - 1);
    long[] events = new long[(kept + 1) * WORDS];
    System.arraycopy(memory.events, memory.events.length - kept * WORDS, events, 0, kept * WORDS);
    // In order even where the clock went back: what is forgotten is always the beginning.
    long appliedAt =
        memory.events.length == 0 ? nowMillis : Math.max(nowMillis, memory.lastAppliedAt());
    events[kept * WORDS] = event.high();
    events[kept * WORDS + 1] = event.low();
    events[kept * WORDS + 2] = appliedAt;
    Instant time = event.time();
    // Not the later of both times: an event that is applied is no older than the newest remembered.
    return time == null
        ? new EventMemory(events, memory.newestSecond, memory.newestNano, memory.newestAppliedAt)
        : new EventMemory(events, time.getEpochSecond(), time.getNano(), appliedAt);
  }

  /** The memory without what is forgotten by now, null where that is all. */
  static @Nullable EventMemory trimmed(
      @Nullable EventMemory memory, Bounds bounds, long nowMillis) {
    if (memory == null) {
      return null;
    }
    int kept = memory.remembered(bounds.horizon(nowMillis));
    if (kept * WORDS == memory.events.length) {
      return memory;
    }
    return kept == 0
        ? null
        : new EventMemory(
            Arrays.copyOfRange(
                memory.events, memory.events.length - kept * WORDS, memory.events.length),
            memory.newestSecond,
            memory.newestNano,
            memory.newestAppliedAt);
  }

  /** What an event is to a key, by what is remembered of others. */
  enum Verdict {
    /** It may be applied. */
    NEW,
    /** It was applied. */
    DUPLICATE,
    /** One that tells of something later was applied. */
    STALE
  }

  /** What the event is by this memory at this moment; no memory and no event make it new. */
  static Verdict judge(
      @Nullable Occurrence event, @Nullable EventMemory memory, Bounds bounds, long nowMillis) {
    if (event == null || memory == null) {
      return Verdict.NEW;
    }
    long horizon = bounds.horizon(nowMillis);
    return memory.knows(event, horizon)
        ? Verdict.DUPLICATE
        : memory.knowsLaterThan(event, horizon) ? Verdict.STALE : Verdict.NEW;
  }

  private boolean knows(Occurrence event, long horizon) {
    // The last first: what comes again mostly comes again soon.
    for (int i = events.length - WORDS; i >= 0 && events[i + 2] > horizon; i -= WORDS) {
      if (events[i] == event.high() && events[i + 1] == event.low()) {
        return true;
      }
    }
    return false;
  }

  private boolean knowsLaterThan(Occurrence event, long horizon) {
    Instant time = event.time();
    if (time == null || newestAppliedAt <= horizon) {
      return false;
    }
    return time.getEpochSecond() != newestSecond
        ? time.getEpochSecond() < newestSecond
        : time.getNano() < newestNano;
  }

  /** From which moment on nothing of it is remembered, in milliseconds since 1970. */
  long forgottenAt(Bounds bounds) {
    return lastAppliedAt() + bounds.window().toMillis();
  }

  void write(DataOutput out) throws IOException {
    out.writeInt(size());
    for (long word : events) {
      out.writeLong(word);
    }
    out.writeLong(newestSecond);
    out.writeInt(newestNano);
    out.writeLong(newestAppliedAt);
  }

  static EventMemory read(DataInput in) throws IOException {
    long[] events = new long[in.readInt() * WORDS];
    for (int i = 0; i < events.length; i++) {
      events[i] = in.readLong();
    }
    return new EventMemory(events, in.readLong(), in.readInt(), in.readLong());
  }

  /** How many events it holds, with those that are forgotten. */
  int size() {
    return events.length / WORDS;
  }

  private int remembered(long horizon) {
    int from = 0;
    while (from < events.length && events[from + 2] <= horizon) {
      from += WORDS;
    }
    return (events.length - from) / WORDS;
  }

  private long lastAppliedAt() {
    return events[events.length - 1];
  }
}
