/**
 * From an authenticated path to a connection: greetings, and which of several paths to one peer
 * counts. Pure.
 */
@NullMarked
package dev.crust.proto.admission;

import org.jspecify.annotations.NullMarked;
