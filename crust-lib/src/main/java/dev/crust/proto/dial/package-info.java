/** How a dial goes about its candidates. Pure. */
@NullMarked
package dev.crust.proto.dial;

import org.jspecify.annotations.NullMarked;
