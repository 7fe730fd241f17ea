package io.kvfunctions.grid.trials;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Ports of this machine that were free a moment ago. Nobody can be cut off here. */
public final class Loopback implements Places {
  /** Below the range from which the system itself takes ports. */
  private static final int FIRST_PORT = 20_000;

  private static final int LAST_PORT = 32_000;

  private final List<Place> places = new ArrayList<>();

  public Loopback(int size) {
    Set<Integer> taken = new HashSet<>();
    for (int i = 1; i <= size; i++) {
      places.add(new Place("p" + i, "127.0.0.1", free(taken), free(taken), free(taken), List.of()));
    }
  }

  private static int free(Set<Integer> taken) {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(FIRST_PORT, LAST_PORT);
      if (taken.add(port) && isFree(port)) {
        return port;
      }
    }
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (BindException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public List<Place> places() {
    return List.copyOf(places);
  }

  @Override
  public void close() {}
}
