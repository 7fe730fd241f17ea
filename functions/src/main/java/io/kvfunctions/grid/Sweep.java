package io.kvfunctions.grid;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;

/** Has an instance give back the memory of what has expired, for a write that found no room. */
final class Sweep extends Task {
  /** How many entries it looks at. */
  static final int AT_MOST = 1_000;

  @Override
  byte[] call(Site here) {
    int swept = here.entries().sweep(AT_MOST);
    return Reply.bytes(out -> out.writeInt(swept));
  }

  @Override
  public int getClassId() {
    return Messages.SWEEP;
  }

  @Override
  public void writeData(ObjectDataOutput out) {}

  @Override
  public void readData(ObjectDataInput in) {}
}
