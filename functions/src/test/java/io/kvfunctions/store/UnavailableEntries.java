package io.kvfunctions.store;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Entries that can be had so many times, and then no more; of a write nobody knows what became. */
public final class UnavailableEntries implements Entries {
  public static final String WHY = "2 of 3 instances are gone";

  private final Entries entries;
  private final AtomicInteger times = new AtomicInteger(Integer.MAX_VALUE);

  public UnavailableEntries(Entries entries) {
    this.entries = entries;
  }

  /** Has all calls fail after so many more. */
  public UnavailableEntries after(int calls) {
    times.set(calls);
    return this;
  }

  private Entries read() {
    return thereOr(UnavailableException.nothingDone(WHY));
  }

  private Entries written() {
    return thereOr(UnavailableException.maybeDone(WHY));
  }

  private Entries thereOr(UnavailableException gone) {
    if (times.getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
      throw gone;
    }
    return entries;
  }

  @Override
  public Entry get(String key) {
    return read().get(key);
  }

  @Override
  public List<Entry> getAll(List<String> keys) {
    return read().getAll(keys);
  }

  @Override
  public <O> O change(String key, Mutation<O> mutation) {
    return written().change(key, mutation);
  }

  @Override
  public <O> List<Attempt<O>> changeAll(List<Change<O>> changes) {
    return changes.stream().map(this::attempt).toList();
  }

  private <O> Attempt<O> attempt(Change<O> change) {
    try {
      return new Attempt.Done<>(change(change.key(), change.mutation()));
    } catch (UnavailableException e) {
      return new Attempt.Unavailable<>(e);
    }
  }

  @Override
  public Page list(String prefix, String after, int limit) {
    return read().list(prefix, after, limit);
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
    return entries.mayBlock();
  }
}
