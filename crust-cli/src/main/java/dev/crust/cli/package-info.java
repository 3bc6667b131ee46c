/** The command line: options in, events out as lines of text or JSON. */
@NullMarked
package dev.crust.cli;

import org.jspecify.annotations.NullMarked;
