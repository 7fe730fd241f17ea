package io.kvfunctions.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvfunctions.Concurrently;
import io.kvfunctions.events.RecordedEvent.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a broker does with a stream of events, played back: each is delivered one to three times, up
 * to some places too late, by several threads at once; some answers are lost, and what is not known
 * to have arrived is delivered again at the end.
 *
 * <p>In the end each key holds what the newest event for it says, and no event was applied twice.
 */
final class Playback {
  private static final int THREADS = 4;

  /** One answer of so many is lost. */
  private static final int LOST = 8;

  /** More than any stream here needs. */
  private static final int MOST_DELIVERIES = 10_000;

  private final long seed;
  private final List<RecordedEvent> stream = new ArrayList<>();
  private final Map<String, RecordedEvent> newest = new HashMap<>();
  private final Queue<RecordedEvent> toDeliver = new ConcurrentLinkedQueue<>();
  private final Map<String, Integer> applied = new ConcurrentHashMap<>();
  private final Set<String> mayBeApplied = ConcurrentHashMap.newKeySet();
  private final AtomicInteger deliveries = new AtomicInteger();

  /** Makes up a stream; the same for the same seed. */
  Playback(long seed) {
    this.seed = seed;
    Random random = new Random(seed);
    record(random);
    shuffle(random);
  }

  private void record(Random random) {
    int keys = 1 + random.nextInt(5);
    int events = 10 + random.nextInt(60);
    Instant time = Instant.parse("2026-01-01T00:00:00Z");
    for (int i = 0; i < events; i++) {
      // Often within the same millisecond, for clocks that know more than that.
      time = time.plusNanos(1 + random.nextInt(random.nextBoolean() ? 1_000 : 2_000_000_000));
      Kind kind =
          switch (random.nextInt(5)) {
            case 0 -> Kind.DELETE;
            case 1 -> Kind.TOMBSTONE;
            default -> Kind.PUT;
          };
      RecordedEvent event =
          new RecordedEvent(kind, "key/" + random.nextInt(keys), "partition:0/offset:" + i, time);
      stream.add(event);
      newest.put(event.key(), event);
    }
  }

  private void shuffle(Random random) {
    record Place(RecordedEvent event, int place) {}
    int late = 1 + random.nextInt(stream.size());
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < stream.size(); i++) {
      for (int times = 1 + random.nextInt(3); times > 0; times--) {
        places.add(new Place(stream.get(i), i + random.nextInt(late)));
      }
    }
    places.sort(Comparator.comparingInt(Place::place));
    places.forEach(each -> toDeliver.add(each.event()));
  }

  /** Delivers all this way, to a store that has none of the keys. */
  void run(Delivery delivery) throws Exception {
    Concurrently.run(
        THREADS,
        thread -> {
          Random random = new Random(seed + thread);
          for (RecordedEvent event = toDeliver.poll(); event != null; event = toDeliver.poll()) {
            if (!hasArrived(event, delivery) || random.nextInt(LOST) == 0) {
              toDeliver.add(event);
            }
          }
        });

    for (RecordedEvent event : newest.values()) {
      assertThat(delivery.read(event.key()))
          .as("%s, -Dkv.seed=%d", event, seed)
          .isEqualTo(event.value());
      // The one that is sure to be applied; whether an older one was is a matter of luck.
      if (!mayBeApplied.contains(event.id())) {
        assertThat(applied).as("-Dkv.seed=%d", seed).containsKey(event.id());
      }
    }
    assertThat(applied)
        .as("-Dkv.seed=%d", seed)
        .allSatisfy((id, times) -> assertThat(times).isOne());
  }

  private boolean hasArrived(RecordedEvent event, Delivery delivery) throws Exception {
    if (deliveries.incrementAndGet() > MOST_DELIVERIES) {
      throw new AssertionError("no end of deliveries, -Dkv.seed=" + seed);
    }
    return switch (delivery.deliver(event)) {
      case APPLIED -> {
        applied.merge(event.id(), 1, Integer::sum);
        yield true;
      }
      case DUPLICATE, STALE -> true;
      case RETRY -> false;
      case NONE -> {
        mayBeApplied.add(event.id());
        yield false;
      }
      case REFUSED -> throw new AssertionError(event + " is refused, -Dkv.seed=" + seed);
    };
  }
}
