package io.kvfunctions.http;

import io.kvfunctions.functions.Batched;
import io.kvfunctions.functions.Get;
import io.kvfunctions.functions.Json;
import io.kvfunctions.functions.Problem;
import io.kvfunctions.functions.ProblemException;
import java.util.ArrayList;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The elements of a batch on their way through the function: gathered until there are enough of
 * them, called for together, answered in order. Where nothing is gained by that ({@link
 * Calling#together}) each is called for and answered as it comes. For one thread.
 *
 * <p><b>Room.</b> What is gathered is held for ({@link BodyOutput#hold}); where there is no room,
 * an element goes alone, as it would without a group. How large the entries are that gets will find
 * nobody knows before: so the first group is a small one, and each as large as the one before it
 * says that it may be. What was found is held for too, for as long as it takes to write it; where
 * there is no room for all of it, it is let go and asked for again, one after the other. An entry
 * that there is no room for even so is a problem in its place.
 *
 * @param <I> the function's input
 * @param <O> the function's output
 */
final class Group<I, O> {
  /** How many elements are called for together. */
  private static final int MOST = 1_000;

  /** How many bytes of values are kept for a group, read or to be written, or one value beyond. */
  private static final int BYTES = 256 * 1024;

  /** How many gets are called for together, each of which may find an entry, */
  private static final int MOST_GETS = 128;

  /** how many the first time, */
  private static final int FIRST_GETS = 8;

  /** and how many times as many as the last time. */
  private static final int GROWTH = 4;

  /** Where the answers go. */
  interface Answers<I, O> {
    /**
     * One more, in the order of the elements.
     *
     * @param input null where the element was none
     * @param number as it was handed in
     */
    void add(@Nullable I input, O output, long number);
  }

  /** One element, and what it is to be answered by. */
  private record Numbered<I>(Json.Element<I> element, long number) {}

  private final Json.Form<I, O> form;
  private final Function<I, O> function;
  private final BodyOutput out;
  private final boolean written;
  private final Answers<I, O> answers;
  private final int limit;
  private final List<Numbered<I>> elements = new ArrayList<>();
  private final List<I> inputs = new ArrayList<>();
  private int most;
  private long held;

  /**
   * @param out holds what is kept
   * @param written whether outputs are written to it
   */
  Group(
      Json.Form<I, O> form,
      Function<I, O> function,
      Calling calling,
      BodyOutput out,
      boolean written,
      Answers<I, O> answers) {
    this.form = form;
    this.function = function;
    this.out = out;
    this.written = written;
    this.answers = answers;
    this.limit = calling.together(form.givesEntries() ? MOST_GETS : MOST);
    this.most = form.givesEntries() ? Math.min(limit, FIRST_GETS) : limit;
  }

  /**
   * Takes one more.
   *
   * @param number what it is to be answered by
   * @param bytes what it takes
   */
  void add(I input, long number, int bytes) {
    if (limit == 1) {
      answer(input, called(input), number);
      return;
    }
    if (!out.hold(bytes)) {
      call();
      answer(input, called(input), number);
      return;
    }
    held += bytes;
    elements.add(new Numbered<>(new Json.Element<>(input, null), number));
    inputs.add(input);
    if (inputs.size() >= most || held >= BYTES) {
      call();
    }
  }

  /** Takes one more that is no input. */
  void add(Problem problem, long number) {
    if (elements.isEmpty()) {
      answers.add(null, form.problem(problem), number);
      return;
    }
    elements.add(new Numbered<>(new Json.Element<>(null, problem), number));
    if (elements.size() >= MOST) {
      call();
    }
  }

  /** Answers by an output that is not held for yet. */
  private void answer(I input, O output, long number) {
    long bytes = 0;
    O held = output;
    if (written && output instanceof Get.Found found) {
      try {
        bytes = out.hold(found.entry());
      } catch (ProblemException e) {
        held = form.problem(e.problem());
      }
    }
    answers.add(input, held, number);
    out.letGo(bytes);
  }

  private O called(I input) {
    try {
      return function.apply(input);
    } catch (ProblemException e) {
      return form.problem(e.problem());
    }
  }

  /** Calls for those that have not been called for yet, and answers them. */
  void call() {
    int count = inputs.size();
    if (count == 0) {
      return;
    }
    List<O> outputs = Batched.applyAll(function, inputs);
    LongSummaryStatistics found = sizes(outputs);
    long kept = found.getSum() + Math.max(0, found.getMax()); // and the text of the largest
    boolean together = count > 1 && out.hold(kept);
    if (!together && count > 1) {
      outputs = List.of();
    }
    int called = 0;
    for (Numbered<I> one : elements) {
      I input = one.element().input();
      if (input == null) {
        answers.add(null, form.problem(one.element().problemOrThrow()), one.number());
      } else if (together) {
        answers.add(input, outputs.get(called++), one.number());
      } else {
        answer(input, count == 1 ? outputs.getFirst() : called(input), one.number());
      }
    }
    elements.clear();
    inputs.clear();
    out.letGo(together ? kept + held : held);
    held = 0;
    if (form.givesEntries()) {
      long asMany = count * (long) BYTES / Math.max(1, found.getSum());
      most = Math.clamp(asMany, 1, Math.min(limit, count * GROWTH));
    }
  }

  /** Those of the entries found. */
  private static LongSummaryStatistics sizes(List<?> outputs) {
    LongSummaryStatistics sizes = new LongSummaryStatistics();
    for (Object output : outputs) {
      if (output instanceof Get.Found found) {
        sizes.accept(found.entry().size());
      }
    }
    return sizes;
  }
}
