package dev.crust.proto.beacon;

import java.net.InetAddress;
import java.util.List;

/**
 * A network interface of this host, as it is now.
 *
 * @param index the number by which the operating system knows it, also the zone of its link-local
 *     addresses
 * @param multicast whether it carries multicast
 * @param pointToPoint whether there is but one other end, as with most tunnels
 */
public record LanInterface(
    String name, int index, boolean multicast, boolean pointToPoint, List<Assigned> addresses) {
  /** Copies the list. */
  public LanInterface {
    addresses = List.copyOf(addresses);
  }

  /**
   * An address of the interface.
   *
   * @param prefix how many of its bits name the subnet
   */
  public record Assigned(InetAddress ip, int prefix) {}
}
