package io.kvfunctions.grid.trials;

import java.util.List;

/** Where the instances of a cluster run. */
public interface Places extends AutoCloseable {
  /** All there are. */
  List<Place> places();

  @Override
  void close();
}
