package io.kvfunctions.store;

import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/** Entries here that are treated as if they were elsewhere: no event loop may ask for them. */
public final class DistantEntries implements Entries {
  private final Entries entries;
  private final IntConsumer wait;

  public DistantEntries(Entries entries) {
    this(entries, keys -> LockSupport.parkNanos(1_000)); // who is to wait had better do so
  }

  /**
   * @param wait is told how many keys a call asks for, and returns when it has waited enough
   */
  public DistantEntries(Entries entries, IntConsumer wait) {
    this.entries = entries;
    this.wait = wait;
  }

  private Entries waitedFor(int keys) {
    if (Thread.currentThread() instanceof FastThreadLocalThread) {
      throw new IllegalStateException("an event loop would wait");
    }
    wait.accept(keys);
    return entries;
  }

  @Override
  public Entry get(String key) {
    return waitedFor(1).get(key);
  }

  @Override
  public List<Entry> getAll(List<String> keys) {
    return waitedFor(keys.size()).getAll(keys);
  }

  @Override
  public <O> O change(String key, Mutation<O> mutation) {
    return waitedFor(1).change(key, mutation);
  }

  @Override
  public <O> List<Attempt<O>> changeAll(List<Change<O>> changes) {
    return waitedFor(changes.size()).changeAll(changes);
  }

  @Override
  public Page list(String prefix, String after, int limit) {
    return waitedFor(0).list(prefix, after, limit);
  }

  @Override
  public int sweep(int atMost) {
    return entries.sweep(atMost);
  }

  @Override
  public long size() {
    return entries.size();
  }

  @Override
  public long tombstones() {
    return entries.tombstones();
  }

  @Override
  public boolean mayBlock() {
    return true;
  }
}
