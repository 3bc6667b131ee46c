/**
 * The protocol as pure machines: bytes, events and the time go in, effects come out. Nothing here
 * owns a socket, a thread or a clock.
 */
@NullMarked
package dev.crust.proto;

import org.jspecify.annotations.NullMarked;
