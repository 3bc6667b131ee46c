/**
 * STUN (RFC 8489) and NAT behaviour discovery (RFC 5780): codec, client machines and the server's
 * answer as a function. Pure: no sockets, no clock, no threads.
 */
@NullMarked
package dev.crust.proto.stun;

import org.jspecify.annotations.NullMarked;
