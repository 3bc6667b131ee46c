/**
 * How a {@link dev.crust.spi.Situation} comes about, and how it is told to the other side. Pure.
 */
@NullMarked
package dev.crust.proto.nat;

import org.jspecify.annotations.NullMarked;
