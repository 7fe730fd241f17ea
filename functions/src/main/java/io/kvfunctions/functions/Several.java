package io.kvfunctions.functions;

import io.kvfunctions.store.Attempt;
import io.kvfunctions.store.Change;
import io.kvfunctions.store.Store;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Several inputs of a function at once. */
final class Several {
  private Several() {}

  /**
   * An output for each of the inputs, in their order; some may not be fit to be called with.
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

  /**
   * Has the store carry out the changes that inputs ask for, all fit.
   *
   * @param change what one asks for
   * @param output what to say of what came of it
   */
  static <I, O, C> List<O> changed(
      Store store,
      List<I> inputs,
      Function<I, Change<C>> change,
      BiFunction<I, Attempt<C>, O> output) {
    Iterator<Attempt<C>> attempts =
        store.changeAll(inputs.stream().map(change).toList()).iterator();
    return inputs.stream().map(input -> output.apply(input, attempts.next())).toList();
  }
}
