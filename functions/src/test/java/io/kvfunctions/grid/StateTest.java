package io.kvfunctions.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class StateTest {
  private static final State FULL =
      new State(
          "a",
          true,
          new Electorate(7, new TreeSet<>(List.of("a", "b"))),
          new Ballot(3, "b"),
          new Proposal(new Ballot(2, "a"), new TreeSet<>(List.of("b", "c"))));

  @Test
  void whatIsWritten_isReadAgain() throws IOException {
    assertThat(read(written(FULL))).isEqualTo(FULL);
    State ofNew = State.ofNew("0191c7a6-7c1c-7000-8000-000000000000");
    assertThat(read(written(ofNew))).isEqualTo(ofNew);
  }

  @Test
  void whatIsWritten_isThis() throws IOException {
    assertThat(written(FULL))
        .isEqualTo(
            bytes(
                out -> {
                  out.writeByte(1); // format
                  out.writeByte(3); // leaving, has accepted
                  out.writeUTF("a");
                  out.writeLong(7);
                  out.writeInt(2);
                  out.writeUTF("a");
                  out.writeUTF("b");
                  out.writeLong(3);
                  out.writeUTF("b");
                  out.writeLong(2);
                  out.writeUTF("a");
                  out.writeInt(2);
                  out.writeUTF("b");
                  out.writeUTF("c");
                }));
  }

  @Test
  void whatIsCutShort_isRefused() throws IOException {
    byte[] whole = written(FULL);
    for (int length = 0; length < whole.length; length++) {
      byte[] part = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> read(part)).isInstanceOf(EOFException.class);
    }
  }

  @Test
  void anotherFormat_isRefused() {
    assertRefused("state in format 2, known is 1", out -> out.writeByte(2));
    assertRefused(
        "state with flags 4",
        out -> {
          out.writeByte(1);
          out.writeByte(4);
        });
  }

  @Test
  void absurdSizes_areRefused() {
    assertRefused("id of 0 characters, 1 to 64 are allowed", out -> begin("", out));
    assertRefused("id of 65 characters, 1 to 64 are allowed", out -> begin("x".repeat(65), out));
    for (int count : new int[] {1_001, Integer.MAX_VALUE, -1}) {
      assertRefused(
          "%,d instances, the limit is 1,000".formatted(count),
          out -> {
            begin("a", out);
            out.writeLong(1);
            out.writeInt(count);
          });
    }
  }

  @Test
  void whatCannotBe_isRefused() {
    assertRefused(
        "number -1, 0 or more are allowed",
        out -> {
          begin("a", out);
          out.writeLong(-1);
        });
    assertRefused(
        "electorate 1 of 0 instances",
        out -> {
          begin("a", out);
          out.writeLong(1);
          out.writeInt(0);
        });
    assertRefused(
        "an instance that is there twice",
        out -> {
          begin("a", out);
          out.writeLong(1);
          out.writeInt(2);
          out.writeUTF("a");
          out.writeUTF("a");
        });
    assertRefused(
        "a proposal of nothing",
        out -> {
          out.writeByte(1);
          out.writeByte(2);
          out.writeUTF("a");
          out.writeLong(0);
          out.writeInt(0);
          out.writeLong(0);
          out.writeLong(0);
          out.writeInt(0);
        });
  }

  private static void begin(String id, DataOutputStream out) throws IOException {
    out.writeByte(1);
    out.writeByte(0);
    out.writeUTF(id);
  }

  private interface Writing {
    void to(DataOutputStream out) throws IOException;
  }

  private static byte[] bytes(Writing writing) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    writing.to(new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  private static byte[] written(State state) throws IOException {
    return bytes(state::writeTo);
  }

  private static State read(byte[] bytes) throws IOException {
    return State.readFrom(new DataInputStream(new ByteArrayInputStream(bytes)));
  }

  private static void assertRefused(String message, Writing writing) {
    assertThatThrownBy(() -> read(bytes(writing)))
        .isInstanceOf(IOException.class)
        .hasMessage(message);
  }
}
