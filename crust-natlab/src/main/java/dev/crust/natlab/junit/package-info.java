/** JUnit tests that run in the kernel lab. */
@NullMarked
package dev.crust.natlab.junit;

import org.jspecify.annotations.NullMarked;
