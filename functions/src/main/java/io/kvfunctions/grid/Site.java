package io.kvfunctions.grid;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.impl.HazelcastInstanceImpl;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import io.kvfunctions.store.Instance;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a step or a task finds at the instance where it is carried out, which may be another than
 * the one that asks for it. Safe for any number of threads.
 */
final class Site {
  /** Where the engine keeps it. */
  static final String KEY = "site";

  /** Why what was lost without a quorum is not answered for yet. */
  static final String ON_THEIR_WAY = "entries that were cut off are on their way back";

  /** How many tasks an instance has under way at once, most of which wait for backups. */
  static final int TASKS_AT_ONCE = 64;

  private final Instance instance;
  private final Quorum quorum;
  private final Safety safety = new Safety(System.nanoTime());
  private final CompletableFuture<GridEntries> entries = new CompletableFuture<>();
  private volatile @Nullable Calls calls;
  private volatile @Nullable Shards shards;
  private volatile @Nullable Losses losses;

  Site(Instance instance, Quorum quorum) {
    this.instance = instance;
    this.quorum = quorum;
  }

  /** The site of the instance whose engine this is. */
  static Site of(HazelcastInstance engine) {
    Site site = (Site) Objects.requireNonNull(engine.getUserContext().get(KEY));
    if (site.shards == null) {
      site.meet(engine);
    }
    return site;
  }

  private synchronized void meet(HazelcastInstance engine) {
    if (shards == null) {
      HazelcastInstanceImpl behind =
          engine instanceof HazelcastInstanceProxy proxy
              ? proxy.getOriginal()
              : (HazelcastInstanceImpl) engine;
      Partitions partitions = new Partitions(behind);
      losses = new Losses(partitions.count());
      calls = new Calls(behind);
      shards = new Shards(instance, partitions);
      TakeBack.sentBy(behind);
    }
  }

  /** Why this instance may not answer at this moment, or null where it may. */
  @Nullable String refusal() {
    long now = System.nanoTime();
    return quorum.holds(now) ? null : quorum.why(now);
  }

  /** Why this instance may not answer for the key as its primary, or null where it may. */
  @Nullable String refusal(String key) {
    String refusal = refusal();
    return refusal == null && losses().isAwaited(shards().partitions().of(key), System.nanoTime())
        ? ON_THEIR_WAY
        : refusal;
  }

  Instance instance() {
    return instance;
  }

  Quorum quorum() {
    return quorum;
  }

  Safety safety() {
    return safety;
  }

  Calls calls() {
    return Objects.requireNonNull(calls);
  }

  Shards shards() {
    return Objects.requireNonNull(shards);
  }

  Losses losses() {
    return Objects.requireNonNull(losses);
  }

  /** The entries, from when this instance has joined. */
  GridEntries entries() {
    return entries.join();
  }

  /** This instance has joined. */
  void joined(GridEntries entriesHere) {
    entries.complete(entriesHere);
  }
}
