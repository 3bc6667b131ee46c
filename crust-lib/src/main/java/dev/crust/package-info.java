/** The public API. */
@NullMarked
package dev.crust;

import org.jspecify.annotations.NullMarked;
