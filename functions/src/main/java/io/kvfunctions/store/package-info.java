/**
 * The store, in plain Java: entries, conditions, expiry, the order of keys and the memory budget,
 * over one concurrent map.
 *
 * <p>Nothing here knows Spring, HTTP or JSON. Start reading at {@link io.kvfunctions.store.Store}.
 */
@NullMarked
package io.kvfunctions.store;

import org.jspecify.annotations.NullMarked;
