/**
 * Keeps strangers within bounds: what may wait at the door, and what is told of those turned away.
 * Pure.
 */
@NullMarked
package dev.crust.proto.guard;

import org.jspecify.annotations.NullMarked;
