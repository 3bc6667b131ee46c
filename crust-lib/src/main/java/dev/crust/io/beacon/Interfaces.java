package dev.crust.io.beacon;

import dev.crust.proto.beacon.LanInterface;
import dev.crust.proto.beacon.LanInterface.Assigned;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Asks the operating system for this host's interfaces. Any thread. */
final class Interfaces {
  private Interfaces() {}

  /** Those that are up and have an address. */
  static List<LanInterface> list() throws SocketException {
    List<LanInterface> up = new ArrayList<>();
    try (Stream<NetworkInterface> all = NetworkInterface.networkInterfaces()) {
      all.forEach(each -> read(each).ifPresent(up::add));
    }
    return up;
  }

  private static Optional<LanInterface> read(NetworkInterface each) {
    try {
      List<Assigned> addresses =
          each.getInterfaceAddresses().stream()
              .map(
                  address ->
                      new Assigned(
                          address.getAddress(),
                          address.getNetworkPrefixLength(),
                          Optional.ofNullable(address.getBroadcast())))
              .toList();
      return addresses.isEmpty() || !each.isUp()
          ? Optional.empty()
          : Optional.of(
              new LanInterface(
                  each.getName(),
                  each.getIndex(),
                  each.supportsMulticast() && !each.isLoopback(),
                  each.isPointToPoint(),
                  addresses));
    } catch (SocketException e) {
      return Optional.empty(); // it went away while we looked
    }
  }
}
