/**
 * The HTTP edge: requests in, the functions called, answers out.
 *
 * <p>{@link io.kvfunctions.http.Connection} is what reads and writes, one for each connection. It
 * asks {@link io.kvfunctions.http.Router} what to do with a request, which leads to {@link
 * io.kvfunctions.http.Resource} (REST), {@link io.kvfunctions.http.Invocation} (function calls and
 * batches), {@link io.kvfunctions.http.Delivery} (events) or {@link io.kvfunctions.http.Listing}.
 * These choose statuses and headers; {@link io.kvfunctions.http.Answer} is what they come to.
 */
@NullMarked
package io.kvfunctions.http;

import org.jspecify.annotations.NullMarked;
