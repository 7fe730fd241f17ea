package io.kvfunctions.grid.trials;

import java.util.List;

/**
 * Where an instance can run: the address and ports that it takes there. It can be empty, and taken
 * again by another instance.
 *
 * @param within the command that starts another one there, empty where there is no need
 */
public record Place(
    String name, String address, int port, int managementPort, int gridPort, List<String> within) {

  /** What the other instances find it by. */
  String member() {
    return address + ":" + gridPort;
  }

  @Override
  public String toString() {
    return name;
  }
}
