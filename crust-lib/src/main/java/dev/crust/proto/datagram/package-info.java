/** What a datagram on a port of ours is, by its first bytes. Pure. */
@NullMarked
package dev.crust.proto.datagram;

import org.jspecify.annotations.NullMarked;
