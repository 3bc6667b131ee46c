package dev.crust.io;

import dev.crust.proto.stun.MappingTests;
import dev.crust.proto.stun.StunServer;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The four sockets of a STUN server on a host with two addresses (RFC 5780 §6), or none.
 * Thread-safe.
 *
 * @param addresses two addresses and two ports
 * @param desks who answers at each of the four
 * @param tests who has asked at which
 */
record StunAlternates(
    Optional<StunServer.Alternates> addresses,
    Map<InetSocketAddress, StunDesk> desks,
    MappingTests tests) {
  static StunAlternates none() {
    return new StunAlternates(Optional.empty(), Map.of(), new MappingTests());
  }

  static StunAlternates of(
      StunServer.Alternates addresses, Map<InetSocketAddress, StunDesk> desks) {
    return new StunAlternates(Optional.of(addresses), desks, new MappingTests());
  }

  @Nullable StunDesk desk(InetSocketAddress address) {
    return desks.get(address);
  }
}
