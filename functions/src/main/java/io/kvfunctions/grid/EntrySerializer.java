package io.kvfunctions.grid;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.StreamSerializer;
import io.kvfunctions.store.Entry;
import io.kvfunctions.store.Wire;
import java.io.IOException;

/** The form in which the engine keeps an entry. Safe for any number of threads. */
final class EntrySerializer implements StreamSerializer<Entry> {

  @Override
  public int getTypeId() {
    return 1;
  }

  @Override
  public void write(ObjectDataOutput out, Entry entry) throws IOException {
    Wire.writeEntry(entry, out);
  }

  @Override
  public Entry read(ObjectDataInput in) throws IOException {
    return Wire.readEntry(in);
  }
}
