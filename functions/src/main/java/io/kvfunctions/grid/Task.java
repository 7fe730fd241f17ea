package io.kvfunctions.grid;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Something another instance is asked for, that answers with bytes. */
abstract class Task extends Messages.Message implements Callable<byte[]>, HazelcastInstanceAware {
  private transient @Nullable Site site;

  @Override
  public final void setHazelcastInstance(HazelcastInstance engine) {
    site = Site.of(engine);
  }

  @Override
  public final byte[] call() {
    return call(Objects.requireNonNull(site));
  }

  /** What it comes to at the instance that is asked. */
  abstract byte[] call(Site here);
}
