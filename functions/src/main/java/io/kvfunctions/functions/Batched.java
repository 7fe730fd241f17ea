package io.kvfunctions.functions;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A function that can be called with several inputs at once, which costs little more than a call
 * where the entries are not here.
 *
 * @param <I> its input
 * @param <O> its output
 */
public interface Batched<I, O> extends Function<I, O> {

  /**
   * The output for each input, in their order, as if it were called with one after the other: each
   * is a call of its own, and fails alone.
   */
  List<O> applyAll(List<I> inputs);

  /**
   * The same of any function, which is called with one after the other where it knows no better.
   */
  static <I, O> List<O> applyAll(Function<I, O> function, List<I> inputs) {
    if (function instanceof Batched<I, O> batched) {
      return batched.applyAll(inputs);
    }
    List<O> outputs = new ArrayList<>(inputs.size());
    for (I input : inputs) {
      outputs.add(function.apply(input));
    }
    return outputs;
  }
}
