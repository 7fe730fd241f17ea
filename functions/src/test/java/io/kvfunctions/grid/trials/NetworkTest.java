package io.kvfunctions.grid.trials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetworkTest {
  @TempDir private Path logs;

  @Test
  void whoIsCutOff_isReachedByClientsAlone_untilItIsHealed() {
    try (Network network = network();
        Instance instance = Instance.start("alone", network.places().getFirst(), logs, List.of())) {
      Place first = network.places().get(0);
      Place second = network.places().get(1);
      instance.awaitReady(Cluster.PATIENCE);
      assertThat(reaches(second, first)).isTrue();

      network.cut(List.of(first), List.of(second));
      assertThat(reaches(second, first)).isFalse();
      assertThat(instance.isReady()).isTrue();
      network.heal();
      assertThat(reaches(second, first)).isTrue();

      network.cutOneWay(List.of(first), List.of(second));
      assertThat(reaches(second, first)).as("the answer does not come back").isFalse();
      network.heal();
      network.heal();
      assertThat(reaches(second, first)).isTrue();
    }
  }

  @Test
  void whatACrashedRunLeftBehind_isRemoved() throws Exception {
    network().close();
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    String leftBehind = "kvt" + gone.pid();
    Command.run("ip", "netns", "add", leftBehind + "-1");
    Command.run("ip", "link", "add", leftBehind + "b", "type", "bridge");
    network().close();
    assertThat(Command.run("ip", "netns", "list")).doesNotContain(leftBehind);
    assertThat(Command.run("ip", "-o", "link")).doesNotContain(leftBehind);
  }

  private static Network network() {
    try {
      return Network.of(2);
    } catch (Network.Unavailable e) {
      return abort(e.getMessage());
    }
  }

  private static boolean reaches(Place from, Place to) {
    List<String> command = new ArrayList<>(from.within());
    command.addAll(
        List.of(
            "timeout",
            "2",
            "bash",
            "-c",
            "exec 3<>/dev/tcp/%s/%d".formatted(to.address(), to.port())));
    try {
      Command.run(command, "");
      return true;
    } catch (Command.Failed e) {
      return false;
    }
  }
}
