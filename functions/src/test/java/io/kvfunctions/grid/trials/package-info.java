/**
 * What becomes of acknowledged writes when instances crash, freeze, are replaced or cut off from
 * one another: real processes, real connections, and an account of every write.
 */
@NullMarked
package io.kvfunctions.grid.trials;

import org.jspecify.annotations.NullMarked;
