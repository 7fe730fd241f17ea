package io.kvfunctions.grid;

import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.impl.HazelcastInstanceImpl;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.spi.impl.PartitionSpecificRunnable;
import io.kvfunctions.http.TestServer;
import io.kvfunctions.settings.KvSettings;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;

/** The engines behind a {@link TestGrid}, for tests that hold them up. */
final class Members {
  private final TestGrid grid;

  Members(TestGrid grid) {
    this.grid = grid;
  }

  HazelcastInstanceImpl engine(int instance) {
    return engine(grid.servers().get(instance));
  }

  static HazelcastInstanceImpl engine(TestServer server) {
    int port = server.context().getBean(KvSettings.class).grid().port();
    for (HazelcastInstance each : Hazelcast.getAllHazelcastInstances()) {
      if (each.getCluster().getLocalMember().getAddress().getPort() == port) {
        return ((HazelcastInstanceProxy) each).getOriginal();
      }
    }
    throw new IllegalStateException("no engine at port " + port);
  }

  /** A key that begins like this, has the one as its primary and the other as its backup. */
  String key(String prefix, int primary, int backup) {
    UUID primaryId = engine(primary).node.getThisUuid();
    UUID backupId = engine(backup).node.getThisUuid();
    for (int i = 0; ; i++) {
      String key = prefix + i;
      var partition = engine(0).node.getPartitionService().getPartition(partition(key));
      if (partition.getReplica(0).uuid().equals(primaryId)
          && partition.getReplica(1).uuid().equals(backupId)) {
        return key;
      }
    }
  }

  int partition(String key) {
    HazelcastInstanceImpl engine = engine(0);
    return engine
        .node
        .getPartitionService()
        .getPartitionId(engine.getSerializationService().toData(key));
  }

  /** Has an instance do nothing for a partition until the latch is released. */
  CountDownLatch hold(int instance, int partition) {
    CountDownLatch release = new CountDownLatch(1);
    engine(instance)
        .node
        .getNodeEngine()
        .getOperationService()
        .getOperationExecutor()
        .execute(
            new PartitionSpecificRunnable() {
              @Override
              public int getPartitionId() {
                return partition;
              }

              @Override
              public void run() {
                try {
                  release.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }
            });
    return release;
  }
}
