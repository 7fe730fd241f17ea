/**
 * CloudEvents: what an event is, what it asks for, and having it done by the functions.
 *
 * <p>An event comes as an {@link io.kvfunctions.events.Envelope}, of header fields or of JSON.
 * {@link io.kvfunctions.events.Event} is what is left of it once it is known to be one. {@link
 * io.kvfunctions.events.Interpreter} says which function it asks for, and {@link
 * io.kvfunctions.events.Receiver} has that done and counts what came of it. That it is done once
 * and in order is not decided here but in the store, in the step that writes.
 *
 * <p>Nothing here knows HTTP beyond the names and values of header fields.
 */
@NullMarked
package io.kvfunctions.events;

import org.jspecify.annotations.NullMarked;
