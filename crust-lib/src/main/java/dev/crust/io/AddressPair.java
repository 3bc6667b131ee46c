package dev.crust.io;

import dev.crust.proto.stun.StunServer;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Two addresses of this host that a STUN server of two addresses can use (RFC 5780 §6), with one
 * port number. Immutable.
 */
record AddressPair(InetSocketAddress one, InetSocketAddress other) {
  /** Temporary addresses of one network (RFC 8981) come and go, and are filtered alike. */
  private static final int NETWORK_BYTES = 8;

  /**
   * The first two of this family that fit: of the public network, since from elsewhere nobody would
   * reach the second; those of IPv6 in two networks.
   *
   * @param bound where this host listens, most useful first
   */
  static Optional<AddressPair> of(
      List<InetSocketAddress> bound, Class<? extends InetAddress> family) {
    List<InetSocketAddress> usable =
        bound.stream()
            .filter(each -> family.isInstance(each.getAddress()))
            .filter(each -> Addresses.isPublic(each.getAddress()))
            .toList();
    for (int i = 0; i < usable.size(); i++) {
      for (InetSocketAddress other : usable.subList(i + 1, usable.size())) {
        if (fit(usable.get(i), other)) {
          return Optional.of(new AddressPair(usable.get(i), other));
        }
      }
    }
    return Optional.empty();
  }

  private static boolean fit(InetSocketAddress one, InetSocketAddress other) {
    byte[] a = one.getAddress().getAddress();
    byte[] b = other.getAddress().getAddress();
    int length = one.getAddress() instanceof Inet6Address ? NETWORK_BYTES : a.length;
    return one.getPort() == other.getPort() && !Arrays.equals(a, 0, length, b, 0, length);
  }

  /** The four endpoints, given the second port. */
  StunServer.Alternates with(int secondPort) {
    return new StunServer.Alternates(one, new InetSocketAddress(other.getAddress(), secondPort));
  }
}
