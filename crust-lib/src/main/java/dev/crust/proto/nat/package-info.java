/**
 * What one side of a traversal tells the other: what stands between it and the Internet, and where
 * it may be met. Pure.
 */
@NullMarked
package dev.crust.proto.nat;

import org.jspecify.annotations.NullMarked;
