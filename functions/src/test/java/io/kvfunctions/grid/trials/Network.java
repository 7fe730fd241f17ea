package io.kvfunctions.grid.trials;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A network on this machine, in which any two places can be cut off from each other while clients
 * reach both: each place is a network namespace, a bridge joins them, and the clients are where the
 * bridge is.
 *
 * <p>A cut is a route to the other's address that leads nowhere, so that what is sent just does not
 * arrive, as on a broken network: {@code blackhole} would tell the sender, which then knows at once
 * what it should have to find out by waiting. Nowhere is one end of a pair of devices whose other
 * end nobody listens at.
 *
 * <p>All names begin with {@code kvt} and the process that made them; what a process that is gone
 * has left behind is removed by the next.
 */
public final class Network implements Places {
  private static final String PREFIX = "kvt";
  private static final Pattern NAME = Pattern.compile("kvt(\\d+)([-b].*)?");

  private static final int PORT = 8080;
  private static final int MANAGEMENT_PORT = 8081;
  private static final int GRID_PORT = 5701;

  private final String prefix = PREFIX + ProcessHandle.current().pid();
  private final List<Place> places = new ArrayList<>();
  private boolean isCut;

  private Network() {}

  /**
   * A network with so many places.
   *
   * @throws Unavailable where this user or machine cannot have one
   */
  public static Network of(int size) throws Unavailable {
    Network network = new Network();
    try {
      removeLeftOvers();
      network.build(size);
      return network;
    } catch (Command.Failed e) {
      network.close();
      throw new Unavailable(
          "no network namespaces here, which takes root and iproute2: " + e.getMessage());
    }
  }

  /** There is no such network to be had. */
  public static final class Unavailable extends Exception {
    private static final long serialVersionUID = 1;

    Unavailable(String message) {
      super(message);
    }
  }

  private void build(int size) throws Command.Failed {
    String subnet = freeSubnet();
    String bridge = prefix + "b";
    Command.run("ip", "link", "add", bridge, "type", "bridge");
    Command.run("ip", "addr", "add", subnet + ".254/24", "dev", bridge);
    Command.run("ip", "link", "set", bridge, "up");
    for (int i = 1; i <= size; i++) {
      String name = prefix + "-" + i;
      String address = subnet + "." + i;
      Command.run("ip", "netns", "add", name);
      Command.run(
          "ip link add %s type veth peer name eth0 netns %s".formatted(name, name).split(" "));
      Command.run("ip", "link", "set", name, "master", bridge, "up");
      within(
          name,
          """
          addr add %s/24 dev eth0
          link set eth0 up
          link set lo up
          link add nowhere type veth peer name nobody
          link set nowhere arp off
          link set nowhere up
          link set nobody up
          """
              .formatted(address));
      acceptAsymmetry(name);
      places.add(
          new Place(
              "n" + i,
              address,
              PORT,
              MANAGEMENT_PORT,
              GRID_PORT,
              List.of("ip", "netns", "exec", name)));
    }
  }

  /** Else who is cut off in one direction would not take what arrives from the other, either. */
  private static void acceptAsymmetry(String namespace) throws Command.Failed {
    Command.run(
        "ip",
        "netns",
        "exec",
        namespace,
        "sh",
        "-c",
        """
        for filter in /proc/sys/net/ipv4/conf/*/rp_filter; do
          [ "$(cat $filter)" = 0 ] || echo 0 >$filter
        done
        """);
  }

  private static String freeSubnet() throws Command.Failed {
    String taken = Command.run("ip", "-o", "-4", "addr");
    long first = ProcessHandle.current().pid();
    for (int i = 0; i < 256; i++) {
      String subnet = "10.213." + (first + i) % 256;
      if (!taken.contains(" " + subnet + ".")) {
        return subnet;
      }
    }
    throw new Command.Failed("10.213.0.0/16 is taken, all of it");
  }

  private static void within(String namespace, String batch) throws Command.Failed {
    Command.run(List.of("ip", "-n", namespace, "-batch", "-"), batch);
  }

  @Override
  public List<Place> places() {
    return List.copyOf(places);
  }

  /** From now on nothing sent by one of these reaches one of those, nor the other way round. */
  void cut(Collection<Place> these, Collection<Place> those) {
    cutOneWay(these, those);
    cutOneWay(those, these);
  }

  /** From now on nothing sent by one of these reaches one of those. */
  void cutOneWay(Collection<Place> from, Collection<Place> to) {
    isCut = true;
    for (Place sender : from) {
      StringBuilder routes = new StringBuilder();
      to.forEach(
          receiver ->
              routes.append("route replace %s/32 dev nowhere\n".formatted(receiver.address())));
      change(sender, routes.toString());
    }
  }

  /** Everything arrives again. */
  void heal() {
    if (isCut) {
      places.forEach(place -> change(place, "route flush dev nowhere\n"));
      isCut = false;
    }
  }

  private void change(Place place, String batch) {
    try {
      within(place.within().getLast(), batch);
    } catch (Command.Failed e) {
      throw new IllegalStateException(e);
    }
  }

  /** Ends what runs in it, too. */
  @Override
  public void close() {
    try {
      remove(prefix);
    } catch (Command.Failed e) {
      throw new IllegalStateException(e);
    }
  }

  private static void removeLeftOvers() throws Command.Failed {
    Set<String> owners = new TreeSet<>();
    Matcher links = Pattern.compile("\\d+: (kvt\\d+)").matcher(Command.run("ip", "-o", "link"));
    while (links.find()) {
      owners.add(links.group(1));
    }
    namespaces().stream()
        .map(NAME::matcher)
        .filter(Matcher::matches)
        .forEach(name -> owners.add(PREFIX + name.group(1)));
    for (String owner : owners) {
      if (!isAlive(Long.parseLong(owner.substring(PREFIX.length())))) {
        remove(owner);
      }
    }
  }

  /** Another process can have the number by now, but hardly one that runs Java. */
  private static boolean isAlive(long pid) {
    Optional<ProcessHandle> process = ProcessHandle.of(pid);
    return process.flatMap(handle -> handle.info().command()).orElse("").endsWith("java");
  }

  private static List<String> namespaces() throws Command.Failed {
    return Command.run("ip", "netns", "list").lines().map(line -> line.split(" ", 2)[0]).toList();
  }

  private static void remove(String prefix) throws Command.Failed {
    for (String namespace : namespaces()) {
      if (namespace.startsWith(prefix + "-")) {
        Command.run("ip", "netns", "pids", namespace)
            .lines()
            .flatMap(pid -> ProcessHandle.of(Long.parseLong(pid)).stream())
            .forEach(ProcessHandle::destroyForcibly);
        // Its devices go with it, though not at once; one end gone is both ends gone.
        String link = namespace;
        if (Files.exists(Path.of("/sys/class/net", link))) {
          Command.run("ip", "link", "del", link);
        }
        Command.run("ip", "netns", "del", namespace);
      }
    }
    if (Files.exists(Path.of("/sys/class/net", prefix + "b"))) {
      Command.run("ip", "link", "del", prefix + "b");
    }
  }
}
