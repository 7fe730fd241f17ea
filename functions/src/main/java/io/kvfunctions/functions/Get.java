package io.kvfunctions.functions;

import io.kvfunctions.store.Entry;
import io.kvfunctions.store.Store;
import io.kvfunctions.store.UnavailableException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers what is stored under a key. */
public final class Get implements Batched<Get.Input, Get.Output> {
  private final Store store;
  private final Limits limits;

  public Get(Store store, Limits limits) {
    this.store = store;
    this.limits = limits;
  }

  /** As JSON {@code {"key"}} or a bare string. */
  public record Input(String key) {}

  /** The entry, or why there is none to give. */
  public sealed interface Output permits Found, Problem {}

  /**
   * As JSON {@code {"key","value"|"base64","contentType","etag","ttl"?}}.
   *
   * @param ttlSeconds how long the entry still lives, rounded up; 0 where it does not expire
   */
  public record Found(String key, Entry entry, long ttlSeconds) implements Output {}

  @Override
  public Output apply(Input input) {
    Problem unfit = limits.checkKey(input.key());
    if (unfit != null) {
      return unfit;
    }
    try {
      return output(input, store.get(input.key()));
    } catch (UnavailableException e) {
      return Problem.unavailable(e);
    }
  }

  @Override
  public List<Output> applyAll(List<Input> inputs) {
    return Several.outputs(inputs, input -> limits.checkKey(input.key()), this::readAll);
  }

  private List<Output> readAll(List<Input> inputs) {
    try {
      List<@Nullable Entry> entries = store.getAll(inputs.stream().map(Input::key).toList());
      List<Output> outputs = new ArrayList<>(inputs.size());
      for (int i = 0; i < inputs.size(); i++) {
        outputs.add(output(inputs.get(i), entries.get(i)));
      }
      return outputs;
    } catch (UnavailableException e) {
      return Collections.nCopies(inputs.size(), Problem.unavailable(e));
    }
  }

  private Output output(Input input, @Nullable Entry entry) {
    return entry == null
        ? Problem.notFound()
        : new Found(input.key(), entry, entry.expires() ? entry.secondsLeft(store.nowMillis()) : 0);
  }
}
