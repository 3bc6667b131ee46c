package dev.crust;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * An address of an endpoint that is worth trying (RFC 8445 §2.2): a transport and an IP address
 * with a port.
 *
 * @param transport what to speak there
 * @param address a resolved address, never a wildcard, with a port that is not 0
 */
public record Candidate(Transport transport, InetSocketAddress address) {
  /** Checks that the address can be dialled. */
  public Candidate {
    InetAddress ip = address.getAddress();
    if (ip == null || ip.isAnyLocalAddress() || address.getPort() == 0) {
      throw new IllegalArgumentException("'" + address + "' is not an address to dial");
    }
  }

  /** A TCP candidate. */
  public static Candidate tcp(InetSocketAddress address) {
    return new Candidate(Transport.TCP, address);
  }

  /** A QUIC candidate. */
  public static Candidate quic(InetSocketAddress address) {
    return new Candidate(Transport.QUIC, address);
  }

  /** The text form: {@code tcp://198.51.100.10:4001} or {@code tcp://[2001:db8::1]:4001}. */
  @Override
  public String toString() {
    return transport + "://" + IpText.format(address);
  }
}
