/**
 * The LAN beacon without its sockets: what is said, when, on which addresses, and what is believed
 * of what others say. Pure. The format is specified in {@code docs/protocol-beacon.md}.
 */
@NullMarked
package dev.crust.proto.beacon;

import org.jspecify.annotations.NullMarked;
