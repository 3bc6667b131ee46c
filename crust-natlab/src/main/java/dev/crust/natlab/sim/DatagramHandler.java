package dev.crust.natlab.sim;

import java.net.InetSocketAddress;

/** Is told what happens to a {@link SimUdpSocket}. */
@FunctionalInterface
public interface DatagramHandler {
  /** A datagram came in. */
  void received(InetSocketAddress from, byte[] data);

  /** An ICMP error said that nobody is there. */
  default void unreachable(InetSocketAddress remote) {}
}
