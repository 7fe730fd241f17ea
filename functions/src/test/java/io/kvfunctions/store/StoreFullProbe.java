package io.kvfunctions.store;

import io.kvfunctions.Concurrently;
import io.kvfunctions.store.Condition.Presence;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Fills a store that may hold half of the heap, with small values, with large ones and with both,
 * from several threads, until it is full and beyond. Run in a small JVM of its own by {@link
 * StoreFullTest}; ends with 0 if the heap was enough and the store did as it should.
 */
final class StoreFullProbe {
  private static final int THREADS = 4;
  private static final byte[] BYTES = new byte[1 << 20];

  private final Store store =
      Stores.over(InstantSource.system(), Runtime.getRuntime().maxMemory() / 2);

  private StoreFullProbe() {}

  public static void main(String[] args) throws Exception {
    new Random(1).nextBytes(BYTES);
    StoreFullProbe probe = new StoreFullProbe();
    for (int round = 0; round < 2; round++) {
      probe.fillAndEmpty("small", 100, 1);
      probe.fillAndEmpty("1 MiB", 1 << 20, 1);
      probe.fillAndEmpty("600 KiB", 600 << 10, 3);
      probe.fillAndEmpty("10 KiB", 10 << 10, 20);
    }
    probe.churn();
  }

  private static Value value(int size) {
    return Value.copyOf(ByteBuffer.wrap(BYTES, 0, size), ContentType.OCTET_STREAM);
  }

  /** Writes until each thread was refused as many times, then reads, deletes and writes again. */
  private void fillAndEmpty(String name, int size, int refusals) throws Exception {
    AtomicLong written = new AtomicLong();
    Concurrently.run(
        THREADS,
        thread -> {
          int refused = 0;
          for (int i = 0; refused < refusals * 10; i++) {
            TimeToLive ttl = i % 2 == 0 ? TimeToLive.NONE : TimeToLive.ofSeconds(3_600);
            switch (store.put(name + thread + "/" + i, value(size), ttl, Presence.ANY)) {
              case PutOutcome.Created created -> written.incrementAndGet();
              case Unchanged.Full full -> refused++;
              case PutOutcome outcome -> throw new AssertionError(outcome);
            }
          }
        });
    Budget budget = store.budget();
    System.out.printf(
        "%s: %,d entries, %,d of %,d bytes%n",
        name, written.get(), budget.usedBytes(), budget.limitBytes());
    require(store.size() == written.get(), "all that was acknowledged is there");
    require(budget.usedBytes() <= budget.limitBytes(), "the budget is kept");
    require(budget.usedBytes() > budget.limitBytes() - 3L * size - 3_000_000, "it is full");

    // Reads go on: everything that was acknowledged is there, byte for byte.
    String after = null;
    long read = 0;
    do {
      Page page = store.list("", after, 100);
      for (Page.Item item : page.entries()) {
        Entry entry = store.get(item.key());
        require(entry.value().equals(ByteBuffer.wrap(BYTES, 0, size)), item.key());
        read++;
      }
      after = page.more() ? page.entries().getLast().key() : null;
    } while (after != null);
    require(read == written.get(), "all is read");

    // Deletes go on, and make room.
    for (Page.Item item : store.list("", null, 10).entries()) {
      require(store.delete(item.key(), Presence.ANY) instanceof DeleteOutcome.Deleted, item.key());
    }
    require(
        store.put("again", value(size), TimeToLive.NONE, Presence.ANY)
            instanceof PutOutcome.Created,
        "there is room again");
    empty();
    require(budget.usedBytes() == 0, "nothing is held");
  }

  private void empty() {
    Page page;
    do {
      page = store.list("", null, 1_000);
      page.entries().forEach(item -> store.delete(item.key(), Presence.ANY));
    } while (!page.entries().isEmpty());
  }

  /** Replaces and deletes values of all sizes while the store is full. */
  private void churn() throws Exception {
    AtomicLong refused = new AtomicLong();
    Concurrently.run(
        THREADS,
        thread -> {
          Random random = new Random(thread);
          for (int i = 0; i < 5_000; i++) {
            String key = "churn" + random.nextInt(2_000);
            int size = 1 << random.nextInt(21);
            if (random.nextInt(4) == 0) {
              store.delete(key, Presence.ANY);
            } else if (store.put(key, value(size), TimeToLive.NONE, Presence.ANY)
                instanceof Unchanged.Full) {
              refused.incrementAndGet();
            }
          }
        });
    require(refused.get() > 0, "it was full");
    empty();
    require(store.budget().usedBytes() == 0, "nothing is held");
    System.out.printf("churn: %,d refused%n", refused.get());
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError("not so: " + what);
    }
  }
}
