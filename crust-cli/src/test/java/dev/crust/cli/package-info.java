@NullMarked
package dev.crust.cli;

import org.jspecify.annotations.NullMarked;
