package io.kvfunctions.functions;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Inputs of a function, some of which may not be fit to be called with. */
final class Several {
  private Several() {}

  /**
   * An output for each of the inputs, in their order.
   *
   * @param unfit what is wrong with one, null where that is nothing
   * @param call gives the outputs for those that nothing is wrong with
   */
  static <I, O> List<O> outputs(
      List<I> inputs, Function<I, @Nullable O> unfit, Function<List<I>, List<O>> call) {
    List<@Nullable O> problems = new ArrayList<>(inputs.size());
    List<I> fit = new ArrayList<>(inputs.size());
    for (I input : inputs) {
      O problem = unfit.apply(input);
      problems.add(problem);
      if (problem == null) {
        fit.add(input);
      }
    }
    Iterator<O> next = fit.isEmpty() ? Collections.emptyIterator() : call.apply(fit).iterator();
    List<O> outputs = new ArrayList<>(inputs.size());
    for (O problem : problems) {
      outputs.add(problem == null ? next.next() : problem);
    }
    return outputs;
  }
}
