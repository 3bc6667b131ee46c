/** A way through a proxy, which the library does not know of. */
@NullMarked
package dev.crust.examples;

import org.jspecify.annotations.NullMarked;
