package io.kvfunctions.store;

import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Entries here that are treated as if they were elsewhere: no event loop may ask for them. */
public final class DistantEntries implements Entries {
  private final Entries entries;
  private final Runnable wait;

  public DistantEntries(Entries entries) {
    this(entries, () -> LockSupport.parkNanos(1_000)); // who is to wait had better do so
  }

  /**
   * @param wait returns when a call has waited for long enough
   */
  public DistantEntries(Entries entries, Runnable wait) {
    this.entries = entries;
    this.wait = wait;
  }

  private Entries waitedFor() {
    if (Thread.currentThread() instanceof FastThreadLocalThread) {
      throw new IllegalStateException("an event loop would wait");
    }
    wait.run();
    return entries;
  }

  @Override
  public Entry get(String key) {
    return waitedFor().get(key);
  }

  @Override
  public List<Entry> getAll(List<String> keys) {
    return waitedFor().getAll(keys);
  }

  @Override
  public <O> O change(String key, Mutation<O> mutation) {
    return waitedFor().change(key, mutation);
  }

  @Override
  public <O> List<O> changeAll(List<Change<O>> changes) {
    return waitedFor().changeAll(changes);
  }

  @Override
  public Page list(String prefix, String after, int limit) {
    return waitedFor().list(prefix, after, limit);
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
