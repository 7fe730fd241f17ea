package io.kvfunctions.grid;

import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.IMap;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.kvfunctions.settings.Hidden;
import io.kvfunctions.settings.KvSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;

/**
 * A member of a grid of the engine alone, set up as by {@link Engine}, but with as many threads as
 * the engine takes by itself, and called from within: what there is beneath HTTP, functions, etags
 * and conditions.
 *
 * <p>{@code BareMap PORT PORTS KEYS} joins the members at these ports of 127.0.0.1, and says so
 * once all are there. Then each line that it reads, {@code get|set|execute SECONDS}, has 32 threads
 * do that with random keys for so long, one call at a time each, and is answered with calls a
 * second.
 */
final class BareMap {
  private static final int THREADS = 32;
  private static final int VALUE_BYTES = 100;
  private static final int FACTORY = 2;

  private BareMap() {}

  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[0]);
    List<String> members =
        Arrays.stream(args[1].split(",")).map(each -> "127.0.0.1:" + each).toList();
    String[] keys = new String[Integer.parseInt(args[2])];
    Arrays.setAll(keys, number -> "k%015d".formatted(number));

    Duration patience = Duration.ofSeconds(10);
    KvSettings.Grid settings =
        new KvSettings.Grid(
            members, "", members.size(), 1, new Hidden("bare"), "", "127.0.0.1", port, patience,
            patience, patience);
    // Whoever carries out one of our steps would find its site there; here nobody does.
    Config config = Engine.config(settings, "member-" + port, new Site(null, null));
    config.setProperty("hazelcast.logging.type", "none");
    config.getProperties().keySet().removeIf(name -> name.toString().endsWith("thread.count"));
    config
        .getSerializationConfig()
        .addDataSerializableFactory(FACTORY, number -> new Put(new byte[0]));
    HazelcastInstance engine = Hazelcast.newHazelcastInstance(config);
    IMap<String, byte[]> map = engine.getMap(Engine.MAP);
    while (engine.getCluster().getMembers().size() < members.size()
        || !engine.getPartitionService().isClusterSafe()) {
      Thread.sleep(50);
    }
    for (String key : keys) {
      map.set(key, value(key));
    }
    System.out.println("ready");

    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      System.out.println(rate(map, keys, words[0], Double.parseDouble(words[1])));
    }
    engine.getLifecycleService().terminate(); // whoever started this is gone
  }

  private static byte[] value(String key) {
    return Arrays.copyOf(key.getBytes(StandardCharsets.UTF_8), VALUE_BYTES);
  }

  private static double rate(
      IMap<String, byte[]> map, String[] keys, String operation, double seconds)
      throws InterruptedException {
    LongAdder calls = new LongAdder();
    long begin = System.nanoTime();
    long nanos = (long) (seconds * 1e9);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    long own = 0;
                    while (System.nanoTime() - begin < nanos) {
                      String key = keys[ThreadLocalRandom.current().nextInt(keys.length)];
                      call(map, operation, key);
                      own++;
                    }
                    calls.add(own);
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return calls.sum() / ((System.nanoTime() - begin) / 1e9);
  }

  private static void call(IMap<String, byte[]> map, String operation, String key) {
    switch (operation) {
      case "get" -> {
        byte[] found = map.get(key);
        if (found == null || found.length != VALUE_BYTES || found[15] != key.charAt(15)) {
          System.err.println("not the value of " + key);
          Runtime.getRuntime().halt(1);
        }
      }
      case "set" -> map.set(key, value(key));
      case "execute" -> map.executeOnKey(key, new Put(value(key)));
      default -> throw new IllegalArgumentException(operation);
    }
  }

  /** The least that an entry processor can do to write: the value that it brings, here and on the backup. */
  static final class Put
      implements EntryProcessor<String, byte[], Object>, IdentifiedDataSerializable {
    private byte[] value;

    Put(byte[] value) {
      this.value = value;
    }

    @Override
    public Object process(Map.Entry<String, byte[]> slot) {
      slot.setValue(value);
      return null;
    }

    @Override
    public int getFactoryId() {
      return FACTORY;
    }

    @Override
    public int getClassId() {
      return 1;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
      out.writeByteArray(value);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
      value = in.readByteArray();
    }
  }
}
