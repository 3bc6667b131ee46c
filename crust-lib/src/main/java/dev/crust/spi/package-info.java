/** What an application may add to the library: other ways to find peers. */
@NullMarked
package dev.crust.spi;

import org.jspecify.annotations.NullMarked;
