package io.kvfunctions.events;

import io.kvfunctions.Seed;
import io.kvfunctions.SettableClock;
import io.kvfunctions.functions.Delete;
import io.kvfunctions.functions.Ignored;
import io.kvfunctions.functions.Limits;
import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.Put;
import io.kvfunctions.store.Condition.Presence;
import io.kvfunctions.store.Occurrence;
import io.kvfunctions.store.Store;
import io.kvfunctions.store.Stores;
import io.kvfunctions.store.TimeToLive;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Events as a broker delivers them: at least once, in any order, several at the same moment. */
class BrokerTest {
  private static final int STREAMS = 1_000;

  @Test
  void whateverABrokerDoes_everyKeyHoldsWhatTheNewestEventForItSaid() throws Exception {
    long seed = Seed.forTest("BrokerTest");
    for (int i = 0; i < STREAMS; i++) {
      new Playback(seed + i).run(new ToTheFunctions(i % 4 == 0));
    }
  }

  /** Calls the functions, over a store of its own that may have to refuse events at first. */
  private static final class ToTheFunctions implements Delivery {
    private static final Limits LIMITS = new Limits(1_024, 1_048_576);
    private static final long BUDGET = 100_000;
    private static final String FILLER = "filler";

    private final SettableClock clock = new SettableClock();
    private final Store store = Stores.over(clock, BUDGET);
    private final Put put = new Put(store, LIMITS);
    private final Delete delete = new Delete(store, LIMITS);
    private final AtomicInteger deliveries = new AtomicInteger();

    ToTheFunctions(boolean full) {
      if (full) {
        int rest = (int) (BUDGET - store.budget().usedBytes()) - 400;
        store.put(FILLER, Stores.bytes(rest), TimeToLive.NONE, Presence.ANY);
      }
    }

    @Override
    public Answer deliver(RecordedEvent event) {
      int count = deliveries.incrementAndGet();
      if (count == 20) {
        store.delete(FILLER, Presence.ANY);
      }
      if (count % 10 == 0) {
        clock.move(Duration.ofSeconds(1)); // far less than the window, in all
        store.sweep(10);
      }
      Occurrence occurrence = Occurrence.of(RecordedEvent.SOURCE, event.id(), event.time());
      return switch (event.kind()) {
        case PUT ->
            switch (put.apply(
                new Put.Input(
                    event.key(),
                    Stores.text(event.value()),
                    TimeToLive.NONE,
                    Presence.ANY,
                    occurrence))) {
              case Put.Stored stored -> Answer.APPLIED;
              case Ignored ignored -> answer(ignored);
              case Problem problem -> answer(problem);
            };
        case DELETE, TOMBSTONE ->
            switch (delete.apply(new Delete.Input(event.key(), Presence.ANY, occurrence))) {
              case Delete.Gone gone -> Answer.APPLIED;
              case Ignored ignored -> answer(ignored);
              case Problem problem -> answer(problem);
            };
      };
    }

    private static Answer answer(Ignored ignored) {
      return switch (ignored.why()) {
        case DUPLICATE -> Answer.DUPLICATE;
        case STALE -> Answer.STALE;
      };
    }

    private static Answer answer(Problem problem) {
      return problem.kind() == Problem.Kind.STORE_FULL ? Answer.RETRY : Answer.REFUSED;
    }

    @Override
    public String read(String key) {
      return Stores.textOf(store.get(key));
    }
  }
}
