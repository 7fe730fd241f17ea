package io.kvfunctions.store;

import org.jspecify.annotations.Nullable;

/** One of several {@linkplain Mutation mutations}, each of its own key. */
public record Change<O extends @Nullable Object>(String key, Mutation<O> mutation) {}
