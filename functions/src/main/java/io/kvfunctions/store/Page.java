package io.kvfunctions.store;

import java.util.List;

/**
 * Some entries in key order.
 *
 * @param entries at most as many as were asked for
 * @param more whether there was another behind the last of them
 */
public record Page(List<Item> entries, boolean more) {
  public Page {
    entries = List.copyOf(entries);
  }

  /** A key and what was kept under it when it was looked at. */
  public record Item(String key, Entry entry) {}
}
