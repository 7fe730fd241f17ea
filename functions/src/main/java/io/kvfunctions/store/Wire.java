package io.kvfunctions.store;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Entries, mutations and what comes of them as bytes, for instances that share a map: the form in
 * which an entry is kept by the grid, and sent. Written out by hand, since there is one for every
 * entry, and since what is read may then be nothing else than this.
 *
 * <p>All instances of a grid run the same form: there is no reading of an older one.
 */
public final class Wire {
  /** The types of content that most entries have, for which a byte will do. */
  private static final ContentType[] KNOWN = {
    ContentType.OCTET_STREAM, ContentType.TEXT, ContentType.JSON
  };

  private static final int OTHER_TYPE = 0;

  // What an entry has, as bits.
  private static final int EXPIRES = 1;
  private static final int REMEMBERS = 2;

  private Wire() {}

  // ---- entries

  /** Writes an entry. */
  public static void writeEntry(Entry entry, DataOutput out) throws IOException {
    EventMemory events = entry.events();
    out.writeByte((entry.expires() ? EXPIRES : 0) | (events != null ? REMEMBERS : 0));
    out.writeLong(entry.stamp());
    out.writeInt(entry.origin());
    if (entry.expires()) {
      out.writeLong(entry.expiresAt());
    }
    if (events != null) {
      events.write(out);
    }
    writeContentType(entry.contentType(), out);
    writeBytes(entry.bytes(), out);
  }

  /** Reads an entry. */
  public static Entry readEntry(DataInput in) throws IOException {
    int has = in.readByte();
    long stamp = in.readLong();
    int origin = in.readInt();
    long expiresAt = (has & EXPIRES) != 0 ? in.readLong() : Entry.NEVER;
    EventMemory events = (has & REMEMBERS) != 0 ? EventMemory.read(in) : null;
    ContentType contentType = readContentType(in);
    return new Entry(readBytes(in), contentType, stamp, origin, expiresAt, events);
  }

  private static void writeContentType(ContentType type, DataOutput out) throws IOException {
    for (int i = 0; i < KNOWN.length; i++) {
      if (KNOWN[i].equals(type)) {
        out.writeByte(i + 1);
        return;
      }
    }
    byte[] text = type.toString().getBytes(StandardCharsets.ISO_8859_1);
    out.writeByte(OTHER_TYPE);
    out.writeByte(text.length); // 1 to 255
    out.write(text);
  }

  private static ContentType readContentType(DataInput in) throws IOException {
    int known = in.readByte();
    if (known != OTHER_TYPE) {
      if (known < 0 || known > KNOWN.length) {
        throw new IOException("a type of content numbered " + known);
      }
      return KNOWN[known - 1];
    }
    byte[] text = new byte[in.readUnsignedByte()];
    in.readFully(text);
    return ContentType.of(new String(text, StandardCharsets.ISO_8859_1));
  }

  private static void writeBytes(byte[] bytes, DataOutput out) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static byte[] readBytes(DataInput in) throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return bytes;
  }

  // ---- mutations

  private static final int PUT = 1;
  private static final int DELETE = 2;
  private static final int EXPIRE = 3;

  /** Writes a mutation. */
  public static void writeMutation(Mutation<?> mutation, DataOutput out) throws IOException {
    switch (mutation) {
      case Mutation.Put(
              Value value,
              TimeToLive ttl,
              Condition condition,
              @Nullable Occurrence event) -> {
        out.writeByte(PUT);
        writeContentType(value.contentType(), out);
        writeBytes(value.bytes(), out);
        out.writeLong(
            switch (ttl) {
              case TimeToLive.None none -> 0;
              case TimeToLive.Keep keep -> -1;
              case TimeToLive.Seconds(long seconds) -> seconds;
            });
        writeCondition(condition, out);
        writeOccurrence(event, out);
      }
      case Mutation.Delete(Condition condition, @Nullable Occurrence event) -> {
        out.writeByte(DELETE);
        writeCondition(condition, out);
        writeOccurrence(event, out);
      }
      case Mutation.Expire expire -> out.writeByte(EXPIRE);
    }
  }

  /** Reads a mutation. */
  public static Mutation<?> readMutation(DataInput in) throws IOException {
    int kind = in.readByte();
    return switch (kind) {
      case PUT -> {
        ContentType contentType = readContentType(in);
        Value value = Value.of(readBytes(in), contentType);
        long ttl = in.readLong();
        yield new Mutation.Put(
            value,
            ttl == 0 ? TimeToLive.NONE : ttl == -1 ? TimeToLive.KEEP : TimeToLive.ofSeconds(ttl),
            readCondition(in),
            readOccurrence(in));
      }
      case DELETE -> new Mutation.Delete(readCondition(in), readOccurrence(in));
      case EXPIRE -> Mutation.Expire.EXPIRE;
      default -> throw new IOException("a mutation numbered " + kind);
    };
  }

  private static final int ANY = 0;
  private static final int IF_ABSENT = 1;
  private static final int IF_PRESENT = 2;
  private static final int MATCH = 3;
  private static final int NONE_MATCH = 4;
  private static final int UNMODIFIED_SINCE = 5;
  private static final int BOTH = 6;

  private static void writeCondition(Condition condition, DataOutput out) throws IOException {
    switch (condition) {
      case Condition.Presence.ANY -> out.writeByte(ANY);
      case Condition.Presence.ABSENT -> out.writeByte(IF_ABSENT);
      case Condition.Presence.PRESENT -> out.writeByte(IF_PRESENT);
      case Condition.Match(Set<Etag> etags) -> {
        out.writeByte(MATCH);
        writeEtags(etags, out);
      }
      case Condition.NoneMatch(Set<Etag> etags) -> {
        out.writeByte(NONE_MATCH);
        writeEtags(etags, out);
      }
      case Condition.UnmodifiedSince(long epochSecond) -> {
        out.writeByte(UNMODIFIED_SINCE);
        out.writeLong(epochSecond);
      }
      case Condition.Both(Condition first, Condition second) -> {
        out.writeByte(BOTH);
        writeCondition(first, out);
        writeCondition(second, out);
      }
    }
  }

  private static Condition readCondition(DataInput in) throws IOException {
    int kind = in.readByte();
    return switch (kind) {
      case ANY -> Condition.Presence.ANY;
      case IF_ABSENT -> Condition.Presence.ABSENT;
      case IF_PRESENT -> Condition.Presence.PRESENT;
      case MATCH -> new Condition.Match(readEtags(in));
      case NONE_MATCH -> new Condition.NoneMatch(readEtags(in));
      case UNMODIFIED_SINCE -> new Condition.UnmodifiedSince(in.readLong());
      case BOTH -> new Condition.Both(readCondition(in), readCondition(in));
      default -> throw new IOException("a condition numbered " + kind);
    };
  }

  private static void writeEtags(Set<Etag> etags, DataOutput out) throws IOException {
    out.writeInt(etags.size());
    for (Etag etag : etags) {
      writeEtag(etag, out);
    }
  }

  private static Set<Etag> readEtags(DataInput in) throws IOException {
    int size = in.readInt();
    Set<Etag> etags = new HashSet<>();
    for (int i = 0; i < size; i++) {
      etags.add(readEtag(in));
    }
    return etags;
  }

  private static void writeEtag(Etag etag, DataOutput out) throws IOException {
    out.writeLong(etag.stamp());
    out.writeInt(etag.origin());
  }

  private static Etag readEtag(DataInput in) throws IOException {
    return new Etag(in.readLong(), in.readInt());
  }

  private static final int NO_EVENT = 0;
  private static final int EVENT_WITHOUT_TIME = 1;
  private static final int EVENT_WITH_TIME = 2;

  private static void writeOccurrence(@Nullable Occurrence event, DataOutput out)
      throws IOException {
    if (event == null) {
      out.writeByte(NO_EVENT);
      return;
    }
    Instant time = event.time();
    out.writeByte(time == null ? EVENT_WITHOUT_TIME : EVENT_WITH_TIME);
    out.writeLong(event.high());
    out.writeLong(event.low());
    if (time != null) {
      out.writeLong(time.getEpochSecond());
      out.writeInt(time.getNano());
    }
  }

  private static @Nullable Occurrence readOccurrence(DataInput in) throws IOException {
    int kind = in.readByte();
    return switch (kind) {
      case NO_EVENT -> null;
      case EVENT_WITHOUT_TIME -> new Occurrence(in.readLong(), in.readLong(), null);
      case EVENT_WITH_TIME ->
          new Occurrence(
              in.readLong(), in.readLong(), Instant.ofEpochSecond(in.readLong(), in.readInt()));
      default -> throw new IOException("an event numbered " + kind);
    };
  }

  // ---- outcomes

  private static final int CREATED = 1;
  private static final int REPLACED = 2;
  private static final int DELETED = 3;
  private static final int ABSENT = 4;
  private static final int DUPLICATE = 5;
  private static final int STALE = 6;
  private static final int REJECTED = 7;
  private static final int REJECTED_AS_ABSENT = 8;
  private static final int FULL = 9;
  private static final int NO_ENTRY = 10;
  private static final int ENTRY = 11;

  /** Writes what came of a mutation. */
  public static void writeOutcome(@Nullable Object outcome, DataOutput out) throws IOException {
    switch (outcome) {
      case PutOutcome.Created(Etag etag) -> {
        out.writeByte(CREATED);
        writeEtag(etag, out);
      }
      case PutOutcome.Replaced(Etag etag) -> {
        out.writeByte(REPLACED);
        writeEtag(etag, out);
      }
      case DeleteOutcome.Deleted deleted -> out.writeByte(DELETED);
      case DeleteOutcome.Absent absent -> out.writeByte(ABSENT);
      case Unchanged.Duplicate duplicate -> out.writeByte(DUPLICATE);
      case Unchanged.Stale stale -> out.writeByte(STALE);
      case Unchanged.Rejected(@Nullable Etag current) -> {
        out.writeByte(current == null ? REJECTED_AS_ABSENT : REJECTED);
        if (current != null) {
          writeEtag(current, out);
        }
      }
      case Unchanged.Full(long used, long budget) -> {
        out.writeByte(FULL);
        out.writeLong(used);
        out.writeLong(budget);
      }
      case Entry entry -> {
        out.writeByte(ENTRY);
        writeEntry(entry, out);
      }
      case null -> out.writeByte(NO_ENTRY);
      default -> throw new IllegalArgumentException("no outcome: " + outcome.getClass());
    }
  }

  /** Reads what came of a mutation. */
  public static @Nullable Object readOutcome(DataInput in) throws IOException {
    int kind = in.readByte();
    return switch (kind) {
      case CREATED -> new PutOutcome.Created(readEtag(in));
      case REPLACED -> new PutOutcome.Replaced(readEtag(in));
      case DELETED -> new DeleteOutcome.Deleted();
      case ABSENT -> new DeleteOutcome.Absent();
      case DUPLICATE -> new Unchanged.Duplicate();
      case STALE -> new Unchanged.Stale();
      case REJECTED -> new Unchanged.Rejected(readEtag(in));
      case REJECTED_AS_ABSENT -> new Unchanged.Rejected(null);
      case FULL -> new Unchanged.Full(in.readLong(), in.readLong());
      case NO_ENTRY -> null;
      case ENTRY -> readEntry(in);
      default -> throw new IOException("an outcome numbered " + kind);
    };
  }

  // ---- pages

  /** Writes what is told of an entry. */
  public static void writeItem(Page.Item item, DataOutput out) throws IOException {
    byte[] key = item.key().getBytes(StandardCharsets.UTF_8);
    writeBytes(key, out);
    writeEtag(item.etag(), out);
    out.writeInt(item.size());
    writeContentType(item.contentType(), out);
    out.writeLong(item.expiresAt());
  }

  /** Reads what is told of an entry. */
  public static Page.Item readItem(DataInput in) throws IOException {
    String key = new String(readBytes(in), StandardCharsets.UTF_8);
    Etag etag = readEtag(in);
    int size = in.readInt();
    ContentType contentType = readContentType(in);
    return new Page.Item(key, etag, size, contentType, in.readLong());
  }
}
