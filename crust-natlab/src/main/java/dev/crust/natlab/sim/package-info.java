/**
 * A deterministic simulator of scenarios: one thread, a virtual clock, one seed. The same seed
 * gives the same event log, byte for byte.
 */
@NullMarked
package dev.crust.natlab.sim;

import org.jspecify.annotations.NullMarked;
