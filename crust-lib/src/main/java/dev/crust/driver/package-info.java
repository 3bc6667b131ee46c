/**
 * Threads, clock and wiring: runs the machines of {@code proto} and carries out their effects by
 * {@code io}.
 */
@NullMarked
package dev.crust.driver;

import org.jspecify.annotations.NullMarked;
