/**
 * What NATs are expected to do, and what they are seen to do: each type by its properties, each
 * pair by simple hole punching.
 */
@NullMarked
package dev.crust.natlab.verify;

import org.jspecify.annotations.NullMarked;
