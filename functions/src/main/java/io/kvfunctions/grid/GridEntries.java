package io.kvfunctions.grid;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.ExecutionCallback;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.core.IExecutorService;
import com.hazelcast.core.IndeterminateOperationStateException;
import com.hazelcast.core.MemberLeftException;
import com.hazelcast.core.OperationTimeoutException;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.spi.exception.RetryableException;
import com.hazelcast.spi.exception.TargetNotMemberException;
import io.kvfunctions.store.Attempt;
import io.kvfunctions.store.Change;
import io.kvfunctions.store.Entries;
import io.kvfunctions.store.Entry;
import io.kvfunctions.store.KeyOrder;
import io.kvfunctions.store.Mutation;
import io.kvfunctions.store.Page;
import io.kvfunctions.store.Shard;
import io.kvfunctions.store.UnavailableException;
import io.kvfunctions.store.Unchanged;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The entries in one map of several instances: each key has a primary, which carries out every
 * change of it, and backups, which have it before the change is acknowledged.
 *
 * <p><b>One hop.</b> A change goes to the key's primary and is carried out there ({@link Step}); a
 * get is answered there. Many of them go together, a share for each instance.
 *
 * <p><b>In or out.</b> Whoever may not answer (see {@link Quorum}) refuses: the one that is asked
 * for reads and writes, and the primary for writes too. What the primary refused has not been done
 * and is tried again while there is time: it may have just taken over. Any other failure of a write
 * leaves open whether it was done.
 *
 * <p><b>Order.</b> No instance knows all keys. Each lists the first entries of the partitions it is
 * the primary of ({@link Look}), and whoever asked puts them together; where partitions move
 * meanwhile it asks again for those, until each has been seen to.
 */
final class GridEntries implements Entries {
  /** How many keys a listing looks up at once; values stay where they are. */
  private static final int LOOKED_UP = 32;

  /** How many expired entries are given back for a write that finds no room. */
  private static final int SWEPT = 1_000;

  /** How long to wait before another try, in nanoseconds. */
  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(20);

  private final IExecutorService tasks;
  private final Member self;
  private final Site site;
  private final Partitions partitions;
  private final Calls calls;
  private final Waits waits;
  private final BooleanSupplier ready;
  private final long timeoutNanos;

  /**
   * @param ready whether this instance has ever had all it takes to answer
   * @param timeout how long a call may take
   */
  GridEntries(HazelcastInstance engine, Site site, BooleanSupplier ready, Duration timeout) {
    this.tasks = engine.getExecutorService(Engine.TASKS);
    this.self = engine.getCluster().getLocalMember();
    this.site = site;
    this.partitions = site.shards().partitions();
    this.calls = site.calls();
    this.waits = new Waits(timeout, System::nanoTime);
    this.ready = ready;
    this.timeoutNanos = timeout.toNanos();
  }

  @Override
  public @Nullable Entry get(String key) {
    requireAnswerable();
    requireHere(key);
    Entry entry = calls.entry(await(calls.get(key), false));
    requireAnswerable(); // or another may have taken over meanwhile
    return entry;
  }

  @Override
  public List<@Nullable Entry> getAll(List<String> keys) {
    requireAnswerable();
    keys.forEach(this::requireHere);
    Map<String, Entry> found = calls.entries(await(calls.getAll(new HashSet<>(keys)), false));
    requireAnswerable();
    List<@Nullable Entry> entries = new ArrayList<>(keys.size());
    for (String key : keys) {
      entries.add(found.get(key));
    }
    return entries;
  }

  @Override
  public <O extends @Nullable Object> O change(String key, Mutation<O> mutation) {
    requireAnswerable();
    long until = System.nanoTime() + timeoutNanos;
    while (true) {
      Object reply = Reply.read(carriedOut(calls.submit(key, new Step(mutation))));
      switch (reply) {
        case Reply.Refused(String why) -> {
          requireTime(why, until);
          LockSupport.parkNanos(PAUSE);
        }
        case Unchanged.Full full -> { // the primary of several, be it one, makes room if it can
          return changeAll(List.of(new Change<>(key, mutation))).getFirst().outcome();
        }
        case null, default -> {
          return outcome(mutation, reply);
        }
      }
    }
  }

  /** What comes back for a mutation is its outcome, and null only where that may be. */
  @SuppressWarnings({"unchecked", "NullAway", "UnusedVariable"}) // the mutation gives the type
  private static <O extends @Nullable Object> O outcome(
      Mutation<O> mutation, @Nullable Object reply) {
    return (O) reply;
  }

  /** That there is still time, and a point in trying again what was refused. */
  private void requireTime(String why, long until) {
    if (System.nanoTime() - until > 0) {
      throw UnavailableException.nothingDone(why);
    }
    requireAnswerable();
  }

  @Override
  public <O extends @Nullable Object> List<Attempt<O>> changeAll(List<Change<O>> changes) {
    try {
      requireAnswerable();
    } catch (UnavailableException e) {
      return Collections.nCopies(changes.size(), new Attempt.Unavailable<>(e));
    }
    long until = System.nanoTime() + timeoutNanos;
    TreeMap<Integer, Attempt<O>> attempts = new TreeMap<>();
    Set<String> unknown = new HashSet<>();
    List<Integer> open = IntStream.range(0, changes.size()).boxed().toList();
    while (!open.isEmpty()) {
      List<Integer> again = new ArrayList<>();
      Map<Integer, Attempt<@Nullable Object>> replies = carriedOut(changes, open);
      for (int i : open) {
        Change<O> change = changes.get(i);
        Attempt<O> attempt =
            attempt(change, Objects.requireNonNull(replies.get(i)), unknown, until);
        if (attempt == null) {
          again.add(i);
        } else {
          attempts.put(i, attempt);
        }
      }
      open = again;
      if (!open.isEmpty()) {
        LockSupport.parkNanos(PAUSE);
      }
    }
    return List.copyOf(attempts.values());
  }

  /**
   * What came of one of several; null where it was refused and is to be tried again.
   *
   * @param unknown keys of which one is not known to be done, which no other may overtake
   */
  private <O extends @Nullable Object> @Nullable Attempt<O> attempt(
      Change<O> change, Attempt<@Nullable Object> first, Set<String> unknown, long until) {
    try {
      Object reply = first.outcome();
      if (reply instanceof Reply.Refused(String why)) {
        if (unknown.contains(change.key())) {
          throw UnavailableException.nothingDone(why);
        }
        requireTime(why, until);
        return null;
      }
      if (reply instanceof Unchanged.Full) {
        site.instance().countRefused();
      }
      return new Attempt.Done<>(outcome(change.mutation(), reply));
    } catch (UnavailableException e) {
      if (e.isMaybeDone()) {
        unknown.add(change.key());
      }
      return new Attempt.Unavailable<>(e);
    }
  }

  /** Some of an instance's primaries' changes, by where they stand, and the reply to all. */
  private record Share(List<Integer> indices, CompletableFuture<byte[]> reply) {}

  /** Has each primary carry out its share of these; gives its reply to each. */
  private <O extends @Nullable Object> Map<Integer, Attempt<@Nullable Object>> carriedOut(
      List<Change<O>> changes, List<Integer> indices) {
    List<Share> shares = new ArrayList<>();
    byPrimary(changes, indices)
        .forEach(
            (member, share) -> {
              Batch batch = new Batch(share.stream().map(changes::get).toList());
              shares.add(new Share(share, submit(batch, member)));
            });
    Map<Integer, Attempt<@Nullable Object>> replies = new HashMap<>();
    for (Share share : shares) {
      try {
        Iterator<byte[]> each = Batch.read(await(share.reply(), true)).iterator();
        share.indices().forEach(i -> replies.put(i, new Attempt.Done<>(Reply.read(each.next()))));
      } catch (UnavailableException e) {
        share.indices().forEach(i -> replies.put(i, new Attempt.Unavailable<>(e)));
      }
    }
    return replies;
  }

  private <O extends @Nullable Object> Map<Member, List<Integer>> byPrimary(
      List<Change<O>> changes, List<Integer> indices) {
    Map<Integer, Member> primaries = new HashMap<>(); // each asked for once: it may become another
    Map<Member, List<Integer>> shares = new HashMap<>();
    for (int i : indices) {
      Member primary =
          primaries.computeIfAbsent(
              partitions.of(changes.get(i).key()),
              partition -> Objects.requireNonNullElse(partitions.primary(partition), self));
      shares.computeIfAbsent(primary, member -> new ArrayList<>()).add(i);
    }
    return shares;
  }

  private CompletableFuture<byte[]> submit(Task task, Member member) {
    CompletableFuture<byte[]> reply = new CompletableFuture<>();
    try {
      tasks.submitToMember(
          task,
          member,
          new ExecutionCallback<>() {
            @Override
            public void onResponse(byte[] response) {
              reply.complete(response);
            }

            @Override
            public void onFailure(Throwable t) {
              reply.completeExceptionally(t);
            }
          });
    } catch (RuntimeException e) { // as where the engine has ended
      reply.completeExceptionally(e);
    }
    return reply;
  }

  /**
   * Carries out a share of a batch here; those of the same key in their order. Once one of a key is
   * refused, those behind it are refused as well.
   */
  List<byte[]> carryOut(List<? extends Change<?>> changes) {
    Map<String, UnderWay> last = new HashMap<>();
    List<UnderWay> all = new ArrayList<>(changes.size());
    for (Change<?> change : changes) {
      UnderWay before = last.get(change.key());
      UnderWay next = before != null && before.isRefused() ? before : new UnderWay(change);
      last.put(change.key(), next);
      all.add(next);
    }
    return all.stream().map(UnderWay::reply).toList();
  }

  /** A change of a batch that is being carried out here. For one thread. */
  private final class UnderWay {
    private final Change<?> change;
    private CompletableFuture<Data> step;
    private byte @Nullable [] reply;

    UnderWay(Change<?> change) {
      this.change = change;
      this.step = begin();
    }

    private CompletableFuture<Data> begin() {
      return calls.submit(change.key(), new Step(change.mutation()));
    }

    /** The reply, once it is there; where there was no room, once what has expired is gone. */
    byte[] reply() {
      byte[] known = reply;
      while (known == null) {
        byte[] come = carriedOut(step);
        if (Reply.read(come) instanceof Unchanged.Full && sweep(SWEPT) > 0) {
          step = begin();
        } else {
          known = come;
        }
      }
      reply = known;
      return known;
    }

    boolean isRefused() {
      return Reply.read(reply()) instanceof Reply.Refused;
    }
  }

  @Override
  public Page list(String prefix, @Nullable String after, int limit) {
    requireAnswerable();
    requireAllHere();
    TreeMap<String, Page.Item> items = new TreeMap<>(KeyOrder.INSTANCE);
    boolean more = false;
    BitSet missing = new BitSet();
    missing.set(0, partitions.count());
    long until = System.nanoTime() + timeoutNanos;
    while (true) {
      Map<Member, BitSet> shares = new HashMap<>();
      missing.stream()
          .forEach(
              partition -> {
                Member primary = partitions.primary(partition);
                if (primary != null) {
                  shares.computeIfAbsent(primary, m -> new BitSet()).set(partition);
                }
              });
      List<CompletableFuture<byte[]>> looks = new ArrayList<>();
      shares.forEach(
          (member, share) -> looks.add(submit(new Look(prefix, after, limit, share), member)));
      UnavailableException unanswered =
          UnavailableException.nothingDone("the instances are still handing over entries");
      for (CompletableFuture<byte[]> look : looks) {
        try {
          Look.Found found = Look.read(await(look, false));
          found.page().entries().forEach(item -> items.put(item.key(), item));
          more |= found.page().more();
          missing.andNot(found.covered());
        } catch (UnavailableException e) { // whoever comes after that one will answer
          unanswered = e;
        }
      }
      if (missing.isEmpty()) {
        break;
      }
      if (System.nanoTime() - until > 0) {
        throw unanswered;
      }
      requireAnswerable();
      LockSupport.parkNanos(PAUSE);
    }
    requireAnswerable();
    List<Page.Item> page = items.values().stream().limit(limit).toList();
    return new Page(page, more || items.size() > limit);
  }

  /** Lists what is here of these partitions. */
  Look.Found look(String prefix, @Nullable String after, int limit, BitSet wanted) {
    BitSet covered = new BitSet();
    Map<Integer, Shard> shards = new HashMap<>();
    PriorityQueue<Ahead> ahead =
        new PriorityQueue<>(Comparator.comparing(Ahead::key, KeyOrder.INSTANCE));
    wanted.stream()
        .forEach(
            partition -> {
              Shard shard = isToBeListed(partition) ? shardOf(partition) : null;
              if (shard != null) {
                covered.set(partition);
                shards.put(partition, shard);
                Ahead first = Ahead.of(shard.keysAfter(prefix, after), prefix);
                if (first != null) {
                  ahead.add(first);
                }
              }
            });
    List<Page.Item> items = new ArrayList<>();
    long now = site.instance().nowMillis();
    while (items.size() <= limit && !ahead.isEmpty()) {
      int wantedNow = Math.min(LOOKED_UP, limit + 1 - items.size());
      List<String> keys = new ArrayList<>(wantedNow);
      while (keys.size() < wantedNow && !ahead.isEmpty()) {
        Ahead first = ahead.remove();
        keys.add(first.key());
        Ahead next = Ahead.of(first.rest(), prefix);
        if (next != null) {
          ahead.add(next);
        }
      }
      List<CompletableFuture<Data>> found =
          keys.stream().map(key -> calls.submit(key, new Describe(now))).toList();
      for (CompletableFuture<Data> each : found) {
        Page.Item item = Describe.read(calls.reply(await(each, false)));
        if (item != null) {
          items.add(item);
        }
      }
    }
    // What has moved meanwhile is for another to list.
    shards.forEach(
        (partition, shard) -> {
          if (!isToBeListed(partition) || site.shards().at(partition) != shard) {
            covered.clear(partition);
          }
        });
    boolean more = items.size() > limit;
    return new Look.Found(covered, new Page(more ? items.subList(0, limit) : items, more));
  }

  private boolean isToBeListed(int partition) {
    return partitions.isHere(partition) && !site.losses().isAwaited(partition, System.nanoTime());
  }

  private @Nullable Shard shardOf(int partition) {
    Shard shard = site.shards().at(partition);
    if (shard == null) {
      await(touch(partition), false);
      shard = site.shards().at(partition);
    }
    return shard;
  }

  /** Has the partition's primary have a shard for it, which may be no longer here. */
  CompletableFuture<?> touch(int partition) {
    return calls.submit(partitions.keyIn(partition), new Touch());
  }

  /** The next key of a shard, and what comes behind it. */
  private record Ahead(String key, Iterator<String> rest) {
    static @Nullable Ahead of(Iterator<String> keys, String prefix) {
      if (!keys.hasNext()) {
        return null;
      }
      String key = keys.next();
      return key.startsWith(prefix) ? new Ahead(key, keys) : null;
    }
  }

  @Override
  public int sweep(int atMost) {
    long now = site.instance().nowMillis();
    List<CompletableFuture<Data>> steps = new ArrayList<>();
    for (int partition = 0; partition < partitions.count() && steps.size() < atMost; partition++) {
      Shard shard = partitions.isHere(partition) ? site.shards().at(partition) : null;
      if (shard != null) {
        Iterator<String> due = shard.dueBy(now);
        while (due.hasNext() && steps.size() < atMost) {
          steps.add(calls.submit(due.next(), new Step(Mutation.Expire.EXPIRE)));
        }
      }
    }
    int swept = 0;
    for (CompletableFuture<Data> step : steps) {
      if (!(Reply.read(carriedOut(step)) instanceof Reply.Refused)) {
        swept++;
      }
    }
    return swept;
  }

  @Override
  public long size() {
    long size = 0;
    for (int partition = 0; partition < partitions.count(); partition++) {
      if (partitions.isHere(partition)) {
        size += partitions.size(partition);
      }
    }
    return Math.max(0, size - tombstones());
  }

  @Override
  public long tombstones() {
    long tombstones = 0;
    for (int partition = 0; partition < partitions.count(); partition++) {
      Shard shard = partitions.isHere(partition) ? site.shards().at(partition) : null;
      tombstones += shard == null ? 0 : shard.tombstones();
    }
    return tombstones;
  }

  /** The keys that this instance is the primary of, those of expired entries too. */
  Stream<String> keysHeld() {
    return IntStream.range(0, partitions.count())
        .filter(partitions::isHere)
        .mapToObj(site.shards()::at)
        .flatMap(Stream::ofNullable)
        .flatMap(
            shard -> {
              Iterable<String> keys = () -> shard.keysAfter("", null);
              return StreamSupport.stream(keys.spliterator(), false);
            });
  }

  /** Ends the calls that have taken too long. To be called several times within the time-out. */
  void expireCalls() {
    waits.expire();
  }

  @Override
  public boolean mayBlock() {
    return true;
  }

  private void requireAnswerable() {
    String refusal = site.refusal();
    if (refusal == null && !ready.getAsBoolean()) {
      refusal = "this instance has yet to get its share of the entries";
    }
    if (refusal != null) {
      throw UnavailableException.nothingDone(refusal);
    }
  }

  /** Every instance heard of the same losses, so that no other need be asked. */
  private void requireHere(String key) {
    if (site.losses().isAnyAwaited()) {
      String refusal = site.refusal(key);
      if (refusal != null) {
        throw UnavailableException.nothingDone(refusal);
      }
    }
  }

  /** The same of a listing, which is of all partitions. */
  private void requireAllHere() {
    if (site.losses().isAnyAwaited()) {
      long now = System.nanoTime();
      for (int partition = 0; partition < partitions.count(); partition++) {
        if (site.losses().isAwaited(partition, now)) {
          throw UnavailableException.nothingDone(Site.ON_THEIR_WAY);
        }
      }
    }
  }

  private interface Calling<T extends @Nullable Object> {
    T call() throws InterruptedException, ExecutionException;
  }

  private byte[] carriedOut(CompletableFuture<Data> step) {
    return calls.reply(await(step, true));
  }

  private <T extends @Nullable Object> T await(CompletableFuture<T> answer, boolean isWrite) {
    return called(() -> waits.await(answer), isWrite);
  }

  private static <T extends @Nullable Object> T called(Calling<T> calling, boolean isWrite) {
    Throwable failure;
    try {
      return calling.call();
    } catch (ExecutionException e) {
      failure = e;
      while (failure instanceof ExecutionException && failure.getCause() != null) {
        failure = failure.getCause(); // one for each instance it came by
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failure = e;
    } catch (RuntimeException e) {
      failure = e;
    }
    if (!isPassing(failure)) {
      throw failure instanceof RuntimeException e ? e : new IllegalStateException(failure);
    }
    String why = "an instance that holds the entry did not answer in time or was lost";
    throw isWrite ? UnavailableException.maybeDone(why) : UnavailableException.nothingDone(why);
  }

  private static boolean isPassing(Throwable failure) {
    return failure instanceof RetryableException
        || failure instanceof IndeterminateOperationStateException
        || failure instanceof OperationTimeoutException
        || failure instanceof HazelcastInstanceNotActiveException
        || failure instanceof UnavailableException
        || failure instanceof RejectedExecutionException // of one that has just left
        || failure instanceof TimeoutException
        || failure instanceof InterruptedException
        || failure instanceof MemberLeftException
        || failure instanceof TargetNotMemberException;
  }
}
