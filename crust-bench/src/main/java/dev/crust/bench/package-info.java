/** Measurements of the library by its public API, beside bare Netty, in alternation, in one run. */
package dev.crust.bench;
