package io.kvfunctions.http;

import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Virtual threads for calls that may wait: as many as there are calls at once, of which some stay
 * for the next ones.
 *
 * <p>A virtual thread of its own for each call would cost no more, were it not for what is kept for
 * a thread: the engine beneath a grid makes buffers for each that calls it, and lets go of them
 * late, so that each call left 5 KB behind for the garbage collector to copy.
 *
 * <p>Safe for any number of threads.
 */
final class Callers implements Executor {
  /** How many stay when there is nothing to do. */
  private static final int MOST_IDLE = 256;

  private final Deque<Caller> idle = new ConcurrentLinkedDeque<>();
  private final AtomicInteger idleCount = new AtomicInteger();

  /** Has a thread carry it out at once. */
  @Override
  public void execute(Runnable call) {
    Caller caller = idle.pollFirst(); // the last that came: the others may stay where they are
    if (caller == null) {
      new Caller(call).thread.start();
    } else {
      idleCount.decrementAndGet();
      caller.take(call);
    }
  }

  private final class Caller implements Runnable {
    final Thread thread = Thread.ofVirtual().name("kv-call").unstarted(this);
    private volatile @Nullable Runnable call;

    Caller(Runnable first) {
      this.call = first;
    }

    void take(Runnable next) {
      call = next;
      LockSupport.unpark(thread);
    }

    @Override
    public void run() {
      do {
        Runnable taken = call;
        while (taken == null) {
          LockSupport.park(this);
          taken = call;
        }
        call = null;
        taken.run();
        Thread.interrupted(); // what was meant for this call is not for the next one
      } while (stays());
    }

    private boolean stays() {
      if (idleCount.incrementAndGet() > MOST_IDLE) {
        idleCount.decrementAndGet();
        return false;
      }
      idle.addFirst(this);
      return true;
    }
  }
}
