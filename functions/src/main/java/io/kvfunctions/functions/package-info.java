/**
 * The three functions, {@code get}, {@code put} and {@code delete}, what they take and give, and
 * how that reads as JSON.
 *
 * <p>They are plain {@link java.util.function.Function}s over the store and know nothing of HTTP:
 * any Spring Cloud Function adapter can call them.
 */
@NullMarked
package io.kvfunctions.functions;

import org.jspecify.annotations.NullMarked;
