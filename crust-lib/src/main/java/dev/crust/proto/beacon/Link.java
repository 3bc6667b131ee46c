package dev.crust.proto.beacon;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;

/**
 * One address of this host on one interface, from which the beacon speaks.
 *
 * @param interfaceName as the operating system calls it
 * @param interfaceIndex its number
 * @param address ours, with its zone if link-local
 * @param prefix how many bits of it name the subnet
 * @param targets where to send what all shall hear: a multicast group, a broadcast address, or both
 */
public record Link(
    String interfaceName,
    int interfaceIndex,
    InetAddress address,
    int prefix,
    List<InetAddress> targets) {
  /** Copies the list. */
  public Link {
    targets = List.copyOf(targets);
  }

  /** Whether this is an IPv6 address. */
  public boolean ipv6() {
    return address instanceof Inet6Address;
  }

  /** Whether the other is this address or a neighbour on the same subnet and interface. */
  boolean reaches(InetAddress other) {
    if (ipv6() != other instanceof Inet6Address
        || address.isLinkLocalAddress() != other.isLinkLocalAddress()) {
      return false;
    }
    if (other instanceof Inet6Address v6 && v6.isLinkLocalAddress()) {
      return v6.getScopeId() == interfaceIndex;
    }
    byte[] ours = address.getAddress();
    byte[] theirs = other.getAddress();
    for (int bit = 0; bit < prefix; bit++) {
      int mask = 0x80 >> (bit % 8);
      if (((ours[bit / 8] ^ theirs[bit / 8]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }

  /** {@code 192.0.2.1 on eth0}. */
  @Override
  public String toString() {
    String ip = address.getHostAddress();
    int zone = ip.indexOf('%');
    return (zone < 0 ? ip : ip.substring(0, zone)) + " on " + interfaceName;
  }
}
