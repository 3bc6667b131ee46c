/** The command {@code crust-natlab}, for people at a shell. */
@NullMarked
package dev.crust.natlab.cli;

import org.jspecify.annotations.NullMarked;
