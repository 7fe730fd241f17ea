package io.kvfunctions.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvfunctions.Seed;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WireTest {
  private final Random random = new Random(Seed.forTest("WireTest"));

  private interface Writing {
    void to(DataOutputStream out) throws IOException;
  }

  private static DataInputStream written(Writing writing) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    writing.to(new DataOutputStream(bytes));
    return new DataInputStream(new ByteArrayInputStream(bytes.toByteArray()));
  }

  private Entry entry() {
    EventMemory.Bounds bounds = new EventMemory.Bounds(Duration.ofMinutes(15), 5);
    EventMemory events = null;
    for (int i = random.nextInt(4); i > 0; i--) {
      events = EventMemory.with(occurrence(), events, bounds, random.nextInt(1_000));
    }
    if (events != null && random.nextInt(4) == 0) {
      return Entry.tombstone(events, bounds);
    }
    return new Entry(
        value(),
        random.nextLong(),
        random.nextInt(),
        random.nextBoolean() ? Entry.NEVER : random.nextLong(1_000_000),
        events);
  }

  private Value value() {
    byte[] bytes = new byte[random.nextInt(300)];
    random.nextBytes(bytes);
    ContentType type =
        switch (random.nextInt(4)) {
          case 0 -> ContentType.JSON;
          case 1 -> ContentType.TEXT;
          case 2 -> ContentType.of("x/" + "é".repeat(1 + random.nextInt(253)));
          default -> ContentType.OCTET_STREAM;
        };
    return Value.copyOf(ByteBuffer.wrap(bytes), type);
  }

  private Occurrence occurrence() {
    return new Occurrence(
        random.nextLong(),
        random.nextLong(),
        random.nextBoolean()
            ? null
            : Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000)));
  }

  private Etag etag() {
    return new Etag(random.nextLong(), random.nextInt());
  }

  private Condition condition() {
    return switch (random.nextInt(7)) {
      case 0 -> Condition.Presence.ANY;
      case 1 -> Condition.Presence.ABSENT;
      case 2 -> Condition.Presence.PRESENT;
      case 3 -> new Condition.Match(Set.of(etag()));
      case 4 -> new Condition.NoneMatch(Set.of());
      case 5 -> new Condition.UnmodifiedSince(random.nextLong());
      default -> new Condition.Both(condition(), condition());
    };
  }

  @Test
  void entry_isReadAsWritten() throws IOException {
    for (int i = 0; i < 1_000; i++) {
      Entry entry = entry();

      DataInputStream in = written(out -> Wire.writeEntry(entry, out));

      assertThat(Wire.readEntry(in)).usingRecursiveComparison().isEqualTo(entry);
      assertThat(in.available()).isZero();
    }
  }

  @Test
  void mutation_isReadAsWritten() throws IOException {
    List<TimeToLive> ttls = List.of(TimeToLive.NONE, TimeToLive.KEEP, TimeToLive.ofSeconds(7));
    for (int i = 0; i < 1_000; i++) {
      Occurrence event = random.nextBoolean() ? null : occurrence();
      Mutation<?> mutation =
          switch (random.nextInt(3)) {
            case 0 -> new Mutation.Put(value(), ttls.get(random.nextInt(3)), condition(), event);
            case 1 -> new Mutation.Delete(condition(), event);
            default -> Mutation.Expire.EXPIRE;
          };

      DataInputStream in = written(out -> Wire.writeMutation(mutation, out));

      assertThat(Wire.readMutation(in)).usingRecursiveComparison().isEqualTo(mutation);
      assertThat(in.available()).isZero();
    }
  }

  @Test
  void outcome_isReadAsWritten() throws IOException {
    for (Object outcome :
        new Object[] {
          new PutOutcome.Created(etag()),
          new PutOutcome.Replaced(etag()),
          new DeleteOutcome.Deleted(),
          new DeleteOutcome.Absent(),
          new Unchanged.Duplicate(),
          new Unchanged.Stale(),
          new Unchanged.Rejected(etag()),
          new Unchanged.Rejected(null),
          new Unchanged.Full(3, 4)
        }) {
      assertThat(Wire.readOutcome(written(out -> Wire.writeOutcome(outcome, out))))
          .isEqualTo(outcome);
    }
    assertThat(Wire.readOutcome(written(out -> Wire.writeOutcome(null, out)))).isNull();
    Entry entry = entry();
    assertThat(Wire.readOutcome(written(out -> Wire.writeOutcome(entry, out))))
        .usingRecursiveComparison()
        .isEqualTo(entry);
  }

  @Test
  void item_isReadAsWritten() throws IOException {
    Page.Item item = new Page.Item("k/é\ud83d\ude00", etag(), 3, ContentType.JSON, Entry.NEVER);

    assertThat(Wire.readItem(written(out -> Wire.writeItem(item, out)))).isEqualTo(item);
  }

  @Test
  void whatIsNone_isRefused() throws IOException {
    for (int number : new int[] {0, 100, -1}) {
      DataInputStream in = written(out -> out.writeByte(number));
      assertThatThrownBy(() -> Wire.readMutation(in)).isInstanceOf(IOException.class);
      DataInputStream again = written(out -> out.writeByte(number));
      assertThatThrownBy(() -> Wire.readOutcome(again)).isInstanceOf(IOException.class);
    }
  }
}
