package dev.crust.proto.beacon;

import dev.crust.Candidate;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;

/**
 * Decides which of a sender's candidates are believed: those with the IP address that it spoke
 * from. So nobody on a LAN can make others dial a third party. A sender on this very host may name
 * any address of the host.
 */
final class Vetting {
  private Vetting() {}

  static List<Candidate> vet(List<Candidate> claimed, InetAddress source, Surroundings here) {
    return claimed.stream()
        .flatMap(
            candidate ->
                dialable(candidate.address().getAddress(), source, here)
                    .map(
                        ip ->
                            new Candidate(
                                candidate.transport(),
                                new InetSocketAddress(ip, candidate.address().getPort())))
                    .stream())
        .distinct()
        .toList();
  }

  /** The address with the zone in which it was heard, if it is believed. */
  private static Optional<InetAddress> dialable(
      InetAddress claimed, InetAddress source, Surroundings here) {
    if (claimed.equals(source)) {
      return Optional.of(source.isLinkLocalAddress() ? source : withoutZone(source));
    }
    if (!here.isOurs(source)) {
      return Optional.empty();
    }
    return claimed.isLoopbackAddress()
        ? Optional.of(claimed)
        : here.ours().stream()
            .filter(claimed::equals)
            .findFirst()
            .map(ip -> ip.isLinkLocalAddress() ? ip : withoutZone(ip));
  }

  /** The JDK gives zones to all addresses of an interface; only link-local ones need it. */
  private static InetAddress withoutZone(InetAddress ip) {
    try {
      return ip instanceof Inet6Address ? InetAddress.getByAddress(ip.getAddress()) : ip;
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address has the length of one", e);
    }
  }
}
