/**
 * What an application may add to the library: other ways to find peers, and to come to a direct
 * path.
 */
@NullMarked
package dev.crust.spi;

import org.jspecify.annotations.NullMarked;
