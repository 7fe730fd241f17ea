/**
 * One map over several instances: what keeps and moves it is Hazelcast, which nothing outside this
 * package knows of.
 */
@NullMarked
package io.kvfunctions.grid;

import org.jspecify.annotations.NullMarked;
