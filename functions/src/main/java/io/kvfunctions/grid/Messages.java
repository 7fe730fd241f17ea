package io.kvfunctions.grid;

import com.hazelcast.nio.serialization.DataSerializableFactory;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;

/** All that instances send each other beside entries, by number. */
final class Messages implements DataSerializableFactory {
  static final int FACTORY = 1;

  static final int STEP = 1;
  static final int AFTER = 2;
  static final int TOUCH = 3;
  static final int BATCH = 4;
  static final int LOOK = 5;
  static final int ROUND = 6;
  static final int TAKE_BACK = 7;
  static final int DESCRIBE = 8;

  /** A message without content, which it then reads. */
  @Override
  public IdentifiedDataSerializable create(int number) {
    return switch (number) {
      case STEP -> new Step();
      case AFTER -> new Step.After();
      case TOUCH -> new Touch();
      case BATCH -> new Batch();
      case LOOK -> new Look();
      case ROUND -> new Round();
      case TAKE_BACK -> new TakeBack();
      case DESCRIBE -> new Describe();
      default -> throw new IllegalArgumentException("a message numbered " + number);
    };
  }

  /** What all messages have in common. */
  abstract static class Message implements IdentifiedDataSerializable {
    @Override
    public final int getFactoryId() {
      return FACTORY;
    }
  }
}
