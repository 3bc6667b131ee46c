/**
 * Relaying by peers: what a relay grants, and how a client keeps relays and circuits. Nothing here
 * looks into what is relayed, which is encrypted end to end. Pure.
 */
@NullMarked
package dev.crust.proto.relay;

import org.jspecify.annotations.NullMarked;
