package io.kvfunctions.grid;

import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.ExecutionCallback;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.IExecutorService;
import com.hazelcast.partition.MigrationListener;
import com.hazelcast.partition.MigrationState;
import com.hazelcast.partition.PartitionLostEvent;
import com.hazelcast.partition.PartitionLostListener;
import com.hazelcast.partition.ReplicaMigrationEvent;
import io.kvfunctions.settings.KvSettings;
import io.kvfunctions.store.Entries;
import io.kvfunctions.store.Instance;
import io.kvfunctions.store.UnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * This instance as one of several that share one map: joins the others, keeps in touch with them,
 * leaves them.
 *
 * <p>Everything that takes its turn does so on one thread, several times a second: rounds of the
 * {@link Quorum}, shards for partitions that have come, the count of what is held, and, until it
 * has once been so, whether there is all it takes to answer. Safe for any number of threads.
 */
public final class Grid implements SmartLifecycle, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Grid.class);

  private static final Duration TURN = Duration.ofMillis(100);

  /** From one round to the next, in nanoseconds. */
  private static final long ROUND = TimeUnit.MILLISECONDS.toNanos(500);

  /**
   * For how long all entries must have been safe before this instance answers for the first time:
   * until whoever said so had noticed that this one came.
   */
  private static final Duration SETTLED = Duration.ofSeconds(1);

  /**
   * What an entry takes in bytes beside what the engine says of it: its place in the order, and
   * what the engine leaves out. Measured.
   */
  private static final int BESIDE_AN_ENTRY = 120;

  /** The same of a copy that is kept for another instance, which stands in no order. */
  private static final int BESIDE_A_COPY = 12;

  /** How long a leave waits for the others to agree to it where they are too few to do so. */
  private static final Duration WITHOUT_QUORUM = Duration.ofSeconds(3);

  /** What the engine takes to end once it has handed over, or given that up. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final KvSettings.Grid settings;
  private final Quorum quorum;
  private final Site site;
  private final Instance instance;
  private final HazelcastInstance engine;
  private final Runnable ended;
  private final IExecutorService rounds;
  private final GridEntries entries;
  private final ScheduledExecutorService turns = thread("kv-grid");
  private final ScheduledExecutorService expiries = thread("kv-grid-expiries");
  private final AtomicLong migrations = new AtomicLong();
  private final AtomicLong partitionsLost = new AtomicLong();
  private volatile boolean ready;
  private volatile boolean leaving;
  private volatile boolean left;
  private volatile boolean running = true;
  private volatile boolean held;

  // For its own thread.
  private @Nullable State sent;
  private boolean sentSafe;
  private long sentAt = System.nanoTime() - ROUND;
  private String told = "";
  private final Map<Integer, Future<?>> touches = new HashMap<>();

  /**
   * Joins, or begins alone; comes back once it has.
   *
   * @param ended run if the engine should end by itself, as for want of memory
   */
  public static Grid join(KvSettings.Grid settings, Instance instance, Runnable ended) {
    String id = UUID.randomUUID().toString();
    Quorum quorum = new Quorum(id, settings.instances(), settings.suspectAfter().dividedBy(2));
    Site site = new Site(instance, quorum);
    HazelcastInstance engine = Hazelcast.newHazelcastInstance(Engine.config(settings, id, site));
    try {
      return new Grid(settings, instance, site, engine, ended);
    } catch (RuntimeException | Error e) { // its threads would keep the process from ending
      engine.getLifecycleService().terminate();
      throw e;
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // a turn lets nothing out
  private Grid(
      KvSettings.Grid settings,
      Instance instance,
      Site site,
      HazelcastInstance engine,
      Runnable ended) {
    this.settings = settings;
    this.ended = ended;
    this.instance = instance;
    this.quorum = site.quorum();
    this.site = site;
    this.engine = engine;
    instance.budget().countCopies(1 + settings.backups());
    this.rounds = engine.getExecutorService(Engine.ROUNDS);
    engine.getMap(Engine.MAP); // has the engine look at how it is set up
    Site.of(engine); // from now on it knows its partitions
    this.entries = new GridEntries(engine, site, () -> ready, settings.callTimeout());
    site.joined(entries);
    engine.getCluster().addMembershipListener(new Members());
    engine.getPartitionService().addMigrationListener(new Migrations());
    engine.getPartitionService().addPartitionLostListener((PartitionLostListener) this::lost);
    engine
        .getLifecycleService()
        .addLifecycleListener(
            event -> {
              switch (event.getState()) {
                case MERGING -> {
                  site.losses().joinOthers(held);
                  site.shards().forgetAll();
                }
                case MERGED, MERGE_FAILED -> site.shards().forgetAll();
                default -> {}
              }
            });
    look();
    turns.scheduleWithFixedDelay(this::turn, 0, TURN.toMillis(), TimeUnit.MILLISECONDS);
    // By another thread, since a turn makes calls itself.
    expiries.scheduleWithFixedDelay(
        this::expireCalls, TURN.toMillis(), TURN.toMillis(), TimeUnit.MILLISECONDS);
    Thread.ofVirtual().name("kv-grid-safe").start(this::watchSafety);
  }

  private static ScheduledExecutorService thread(String name) {
    return Executors.newSingleThreadScheduledExecutor(
        Thread.ofPlatform().name(name).daemon().factory());
  }

  private void expireCalls() {
    try {
      entries.expireCalls();
    } catch (RuntimeException | Error e) { // which would end the schedule without a word
      log.error("the time-outs of calls failed, the next turn follows", e);
    }
  }

  /** The entries of all instances. */
  public Entries entries() {
    return entries;
  }

  /** Whether this instance has had all it takes to answer, and may answer at this moment. */
  public boolean isReady() {
    return ready && !leaving && site.refusal() == null;
  }

  /** Why it is not ready, for people; nothing where it is. */
  public String why() {
    String refusal = site.refusal();
    if (refusal != null) {
      return refusal;
    }
    return ready ? "" : "entries are being handed over";
  }

  /** Whether it left the others with all that it had handed over. */
  public boolean hasLeft() {
    return left;
  }

  /** How many instances are joined, this one among them. */
  public int members() {
    return engine.getLifecycleService().isRunning() ? engine.getCluster().getMembers().size() : 0;
  }

  /** How many are to be. */
  public int instances() {
    return settings.instances();
  }

  Quorum quorum() {
    return quorum;
  }

  Safety safety() {
    return site.safety();
  }

  /** How many replicas have moved since the start, as far as this instance heard of it. */
  long migrations() {
    return migrations.get();
  }

  /** Of how many partitions all copies were lost. */
  long partitionsLost() {
    return partitionsLost.get();
  }

  private void turn() {
    if (!engine.getLifecycleService().isRunning() && !leaving) {
      end();
      return;
    }
    try {
      look();
      long now = System.nanoTime();
      State state = quorum.state();
      boolean safeHere = site.safety().isSafeHere(now);
      if (!state.equals(sent) || safeHere != sentSafe || now - sentAt >= ROUND) {
        if (now - sentAt >= ROUND) {
          state = quorum.round(now);
        }
        sent = state;
        sentSafe = safeHere;
        sentAt = now;
        tell(state);
      }
      if (!quorum.holds(now)) {
        site.losses().prolong(now);
      }
      site.safety().settle(quorum.others(), now);
      site.losses().settle(quorum.isWhole(now) && site.safety().isSafe(), now);
      site.losses().begin(quorum.state().electorate(), state.id());
      if (site.shards().partitions().mayMove()) { // until others are to be joined
        held = quorum.holds(now);
      }
      shards();
      instance.budget().correct(held());
      settle();
    } catch (RuntimeException | Error e) { // which would end the schedule without a word
      if (leaving || e instanceof UnavailableException) {
        log.debug("a turn came to nothing", e);
      } else {
        log.error("a turn of the grid failed, the next one follows", e);
      }
    }
  }

  /**
   * The engine has ended though nobody asked it to, as it does for want of memory. There is nothing
   * left to run for.
   */
  private void end() {
    log.error("the engine of the grid has ended by itself, and what was held here with it");
    turns.shutdown();
    ended.run();
  }

  /** Has whoever came hear everything at once. */
  private void welcome() {
    sent = null;
    turn();
  }

  /** Says whom there is. By one thread after the other, or an older view might be the last. */
  private void look() {
    synchronized (quorum) {
      List<String> present = new ArrayList<>();
      for (Member member : engine.getCluster().getMembers()) {
        present.add(Objects.requireNonNull(member.getAttribute(Engine.INSTANCE)));
      }
      quorum.view(present);
    }
  }

  private void tell(State state) {
    for (Member member : engine.getCluster().getMembers()) {
      if (!member.localMember()) {
        long now = System.nanoTime();
        rounds.submitToMember(
            new Round(state, site),
            member,
            new ExecutionCallback<byte[]>() {
              @Override
              public void onResponse(byte[] reply) {
                Round.heard(reply, site, now);
              }

              @Override
              public void onFailure(Throwable unanswered) {
                log.debug("a round was not answered", unanswered);
              }
            });
      }
    }
  }

  /** Has shards made of partitions that have come. Waits for none, so that rounds go on. */
  private void shards() {
    Partitions partitions = site.shards().partitions();
    touches.values().removeIf(Future::isDone);
    for (int partition = 0; partition < partitions.count(); partition++) {
      if (partitions.isHere(partition) && site.shards().at(partition) == null) {
        touches.computeIfAbsent(partition, entries::touch);
      }
    }
  }

  /** What all entries here take, own and others', with what stands beside them; in bytes. */
  private long held() {
    Partitions partitions = site.shards().partitions();
    long bytes = 0;
    for (int partition = 0; partition < partitions.count(); partition++) {
      bytes +=
          partitions.bytes(partition)
              + (long) partitions.size(partition)
                  * (partitions.isHere(partition) ? BESIDE_AN_ENTRY : BESIDE_A_COPY);
    }
    return bytes;
  }

  private void settle() {
    String why = why();
    if (!ready
        && site.safety().isSafeFor(SETTLED, System.nanoTime())
        && why.equals("entries are being handed over")) {
      ready = true;
      why = "";
    }
    if (!why.equals(told)) {
      told = why;
      log.info(why.isEmpty() ? "answers for the grid" : "does not answer: {}", why);
    }
  }

  /** Asks other members, which may take its time. */
  private void watchSafety() {
    Partitions partitions = site.shards().partitions();
    while (!leaving) {
      boolean safe = false;
      try {
        safe = quorum.holds(System.nanoTime()) && partitions.areSafeHere();
      } catch (RuntimeException e) {
        log.debug("whether the entries are safe could not be asked", e);
      }
      site.safety().found(safe, System.nanoTime());
      LockSupport.parkNanos((ready ? TURN.multipliedBy(5) : TURN).toNanos());
    }
  }

  private void lost(PartitionLostEvent event) {
    // Not event.allReplicasInPartitionLost(), which counts as many backups as there can be at all.
    if (event.getLostBackupCount() >= settings.backups()) {
      partitionsLost.incrementAndGet();
      long now = System.nanoTime();
      site.losses().lost(event.getPartitionId(), quorum.holds(now), instance.nowMillis(), now);
      log.error(
          "partition {} is lost with all its backups: more instances were lost at once than there"
              + " are backups (kv.grid.backups)",
          event.getPartitionId());
    }
  }

  private final class Members implements MembershipListener {
    @Override
    public void memberAdded(MembershipEvent event) {
      turns.execute(Grid.this::welcome);
    }

    @Override
    public void memberRemoved(MembershipEvent event) {
      if (engine.getLifecycleService().isRunning()) { // and is not about to be gone itself
        look();
        turns.execute(Grid.this::turn);
      }
    }
  }

  private final class Migrations implements MigrationListener {
    @Override
    public void migrationStarted(MigrationState state) {}

    @Override
    public void migrationFinished(MigrationState state) {}

    @Override
    public void replicaMigrationCompleted(ReplicaMigrationEvent event) {
      migrations.incrementAndGet();
      moved(event);
    }

    @Override
    public void replicaMigrationFailed(ReplicaMigrationEvent event) {
      moved(event);
    }

    private void moved(ReplicaMigrationEvent event) {
      if (isHere(event.getSource()) || isHere(event.getDestination())) {
        site.shards().forget(event.getPartitionId());
      }
    }

    private boolean isHere(@Nullable Member member) {
      return member != null && member.localMember();
    }
  }

  /** Has joined already when it was made: nothing asks for entries before. */
  @Override
  public void start() {}

  /** Tells the others, hands over what it has, and goes. */
  @Override
  public synchronized void stop() {
    if (!running) {
      return;
    }
    long begun = System.nanoTime();
    leaving = true;
    quorum.leave();
    while (!quorum.mayGo() && System.nanoTime() - begun < toAnnounce().toNanos()) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
    log.info("leaving the grid of {}", members());
    // Else nobody is there to take anything, though the engine would say at once that all is done.
    boolean canHandOver =
        site.shards().partitions().mayMove() && (quorum.mayGo() || quorum.holds(System.nanoTime()));
    left = shutDown(Engine.handOver(settings)) && canHandOver;
    long taken = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
    if (left) {
      log.info("left the grid after {} ms", taken);
    } else {
      log.warn("left the grid after {} ms without handing all over (kv.grid.leave-timeout)", taken);
    }
    running = false;
    turns.shutdownNow();
    expiries.shutdownNow();
  }

  /**
   * Shuts the engine down, which hands over first. That says nothing but by its logs and the time
   * it takes, and waits without an end where the engine is about to join others.
   *
   * @return whether it took no longer than that
   */
  private boolean shutDown(Duration limit) {
    long asked = System.nanoTime();
    Thread shutdown = Thread.ofPlatform().daemon().name("kv-grid-leave").start(engine::shutdown);
    try {
      shutdown.join(limit.plus(GRACE));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    return !shutdown.isAlive() && System.nanoTime() - asked < limit.toNanos();
  }

  /**
   * How long to wait for the others to agree that they are not to count on this one. Where too few
   * are there to agree on anything, and there may soon be more, not as long.
   */
  private Duration toAnnounce() {
    Duration announcement = Engine.announcement(settings);
    return quorum.areEnoughPresent() || announcement.compareTo(WITHOUT_QUORUM) < 0
        ? announcement
        : WITHOUT_QUORUM;
  }

  @Override
  public void close() {
    stop();
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** After all requests have been answered. */
  @Override
  public int getPhase() {
    return 0;
  }
}
