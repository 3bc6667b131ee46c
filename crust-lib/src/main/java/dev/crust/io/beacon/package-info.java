/** The sockets of the LAN beacon. Its machines are in {@code dev.crust.proto.beacon}. */
@NullMarked
package dev.crust.io.beacon;

import org.jspecify.annotations.NullMarked;
