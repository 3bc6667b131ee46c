package dev.crust.natlab.sim;

import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A host's interface to one network. */
final class Nic {
  final List<InetAddress> addresses;
  final int mtu;
  final Set<InetAddress> groups = new HashSet<>();
  private final Predicate<InetAddress> reaches;
  private final boolean isDefault;
  private final Consumer<Packet> out;
  boolean up = true;

  /**
   * An interface.
   *
   * @param reaches which addresses are on its own network
   * @param isDefault whether a router leads on from there
   */
  Nic(
      List<InetAddress> addresses,
      int mtu,
      Predicate<InetAddress> reaches,
      boolean isDefault,
      Consumer<Packet> out) {
    this.addresses = List.copyOf(addresses);
    this.mtu = mtu;
    this.reaches = reaches;
    this.isDefault = isDefault;
    this.out = out;
  }

  boolean reaches(InetAddress address) {
    return reaches.test(address);
  }

  boolean isDefault() {
    return isDefault;
  }

  void send(Packet packet) {
    if (up) {
      out.accept(packet);
    }
  }
}
