package io.kvfunctions.grid.trials;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All keys that are written to, and what their writers were told. */
final class Ledger {
  private static final int SHOWN = 24;

  private final List<Register> registers = new ArrayList<>();
  private final List<Counter> counters = new ArrayList<>();

  Ledger(int registers, int counters) {
    for (int i = 0; i < registers; i++) {
      this.registers.add(new Register("register/" + i));
    }
    for (int i = 0; i < counters; i++) {
      this.counters.add(new Counter("counter/" + i));
    }
  }

  List<Register> registers() {
    return registers;
  }

  List<Counter> counters() {
    return counters;
  }

  static String show(@Nullable String value) {
    return value == null
        ? "nothing"
        : value.length() > SHOWN ? value.substring(0, SHOWN) + "…" : value;
  }
}
