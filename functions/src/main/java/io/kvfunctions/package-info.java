/** The application: what is started, and out of which parts it is put together. */
@NullMarked
package io.kvfunctions;

import org.jspecify.annotations.NullMarked;
