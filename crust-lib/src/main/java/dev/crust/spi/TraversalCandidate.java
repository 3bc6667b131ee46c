package dev.crust.spi;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Locale;

/**
 * An address at which one side of a traversal may be met (RFC 8445 §5.1.1).
 *
 * @param kind how it is known
 * @param protocol what is spoken there
 * @param address a resolved address that is neither a wildcard nor a group, with a port
 */
public record TraversalCandidate(Kind kind, Protocol protocol, InetSocketAddress address) {
  /** How an address is known, the most promising kind first. */
  public enum Kind {
    /** Of an interface of the endpoint's own. */
    HOST,
    /** Opened in the router by UPnP, NAT-PMP or PCP. */
    MAPPED,
    /** Seen by a STUN server. */
    SERVER_REFLEXIVE,
    /** Seen by a peer as the source of a packet. */
    PEER_REFLEXIVE;

    /** The name in lower case with hyphens. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Checks that packets can be sent there. */
  public TraversalCandidate {
    InetAddress ip = address.getAddress();
    if (ip == null || !isUnicast(ip) || address.getPort() == 0) {
      throw new IllegalArgumentException("'" + address + "' is not an address to send to");
    }
  }

  /** Whether it is neither a wildcard, nor a group, nor reserved. */
  public static boolean isUnicast(InetAddress ip) {
    byte[] bytes = ip.getAddress();
    // 240.0.0.0/4 is reserved, and its last address is the broadcast.
    boolean reserved = bytes.length == 4 && (bytes[0] & 0xf0) == 0xf0;
    return !ip.isAnyLocalAddress() && !ip.isMulticastAddress() && !reserved;
  }

  /** For people: {@code server-reflexive udp 198.51.100.10:4001}. */
  @Override
  public String toString() {
    String host = address.getAddress().getHostAddress();
    String plain = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    return kind + " " + protocol + " " + plain + ":" + address.getPort();
  }
}
