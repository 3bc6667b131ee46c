package dev.crust.io;

import dev.crust.proto.stun.StunServer;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The four sockets of a STUN server on a host with two addresses (RFC 5780 §6), or none. Immutable.
 *
 * @param addresses two addresses and two ports
 * @param desks who answers at each of the four
 */
record StunAlternates(
    Optional<StunServer.Alternates> addresses, Map<InetSocketAddress, StunDesk> desks) {
  static final StunAlternates NONE = new StunAlternates(Optional.empty(), Map.of());

  @Nullable StunDesk desk(InetSocketAddress address) {
    return desks.get(address);
  }
}
