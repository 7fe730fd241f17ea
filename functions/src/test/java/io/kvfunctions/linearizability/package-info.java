/**
 * What several clients saw at the same time, and whether one store that does one thing after the
 * other could have told them so.
 */
@NullMarked
package io.kvfunctions.linearizability;

import org.jspecify.annotations.NullMarked;
