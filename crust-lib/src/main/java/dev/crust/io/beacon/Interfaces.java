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

  private static Optional<LanInterface> read(NetworkInterface nif) {
    try {
      List<Assigned> addresses =
          nif.getInterfaceAddresses().stream()
              .map(each -> new Assigned(each.getAddress(), each.getNetworkPrefixLength()))
              .toList();
      return addresses.isEmpty() || !nif.isUp()
          ? Optional.empty()
          : Optional.of(
              new LanInterface(
                  nif.getName(),
                  nif.getIndex(),
                  nif.supportsMulticast() && !nif.isLoopback(),
                  nif.isPointToPoint(),
                  addresses));
    } catch (SocketException e) {
      return Optional.empty(); // it went away while we looked
    }
  }
}
