/** Every setting of the store, with its default, its unit and a line on what it does. */
@NullMarked
package io.kvfunctions.settings;

import org.jspecify.annotations.NullMarked;
