package dev.crust.proto.nat;

import dev.crust.proto.stun.NatBehaviour;
import dev.crust.spi.PortAllocation;
import dev.crust.spi.Profile;
import dev.crust.spi.Profile.Filtering;
import dev.crust.spi.Profile.Mapping;
import dev.crust.spi.Profile.Outbound;
import dev.crust.spi.Profile.Reachability;
import dev.crust.spi.TraversalCandidate;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of the NAT before one port: what several observers have said of the port at one
 * time, and what a discovery with one of them has found. Immutable.
 *
 * @param local the port, as this host knows it
 * @param seen where observers see it, by their addresses
 * @param asked how many observers were asked, at different IP addresses, who are known to answer by
 *     this protocol: their silence tells something
 * @param discovery what was found from fresh ports beside it, if a discovery has ended
 */
public record PortEvidence(
    InetSocketAddress local,
    Map<InetSocketAddress, InetSocketAddress> seen,
    int asked,
    Optional<NatBehaviour> discovery) {
  /** One that is silent may be at fault itself. */
  private static final int ENOUGH_SILENT = 2;

  /** A NAT that maps by destination shows as many as there are observers; few are of use. */
  private static final int MAX_REFLEXIVE = 2;

  /** Copies the map, and keeps its order, which decides between equals. */
  public PortEvidence {
    seen = Collections.unmodifiableMap(new LinkedHashMap<>(seen));
  }

  /** Nothing was seen. */
  public static PortEvidence none(InetSocketAddress local) {
    return new PortEvidence(local, Map.of(), 0, Optional.empty());
  }

  /** What it comes to; what too little was seen of is unknown. */
  public Profile profile() {
    Optional<NatBehaviour> found = discovery.filter(behaviour -> !behaviour.reflexive().isEmpty());
    if (found.isEmpty() && seen.isEmpty()) {
      return asked >= ENOUGH_SILENT ? Profile.BLOCKED : Profile.UNKNOWN;
    }
    Mapping byDiscovery = found.map(NatBehaviour::mapping).orElse(Mapping.UNKNOWN);
    return new Profile(
        Outbound.FREE,
        byDiscovery == Mapping.UNKNOWN ? mapping() : byDiscovery,
        found.map(NatBehaviour::filtering).orElse(Filtering.UNKNOWN),
        found.map(NatBehaviour::allocation).orElse(PortAllocation.UNKNOWN),
        Reachability.UNKNOWN);
  }

  /**
   * By two or more observers at different IP addresses. Whether a mapping that differs between them
   * also depends on the port makes no difference to anybody who wants to meet us.
   */
  private Mapping mapping() {
    if (seen.values().stream().anyMatch(local::equals)) {
      return Mapping.NONE;
    } else if (seen.keySet().stream().map(InetSocketAddress::getAddress).distinct().count() < 2) {
      return Mapping.UNKNOWN;
    }
    return seen.values().stream().distinct().count() == 1
        ? Mapping.ENDPOINT_INDEPENDENT
        : Mapping.ADDRESS_DEPENDENT;
  }

  /**
   * Where the port is seen from outside, on whose word whatsoever, most votes first, then who spoke
   * first.
   */
  public List<InetSocketAddress> reflexive() {
    Map<InetSocketAddress, Integer> votes = new LinkedHashMap<>();
    seen.values().stream()
        .filter(each -> !each.equals(local) && isDialable(each))
        .forEach(each -> votes.merge(each, 1, Integer::sum));
    List<InetSocketAddress> sorted = new ArrayList<>(votes.keySet());
    sorted.sort((a, b) -> votes.getOrDefault(b, 0) - votes.getOrDefault(a, 0));
    return List.copyOf(sorted.subList(0, Math.min(sorted.size(), MAX_REFLEXIVE)));
  }

  private static boolean isDialable(InetSocketAddress address) {
    InetAddress ip = address.getAddress();
    return address.getPort() != 0
        && TraversalCandidate.isUnicast(ip)
        && !ip.isLoopbackAddress()
        && !ip.isLinkLocalAddress();
  }

  /**
   * Whether an observer there sees us from outside all NATs, as those that we want to meet do: not
   * one of our own host, link, private network or carrier (RFC 1918, 4193, 6598).
   */
  public static boolean isOutside(InetAddress ip) {
    byte[] bytes = ip.getAddress();
    boolean shared = bytes.length == 4 && bytes[0] == 100 && (bytes[1] & 0xc0) == 64;
    boolean uniqueLocal = bytes.length == 16 && (bytes[0] & 0xfe) == 0xfc;
    return TraversalCandidate.isUnicast(ip)
        && !ip.isLoopbackAddress()
        && !ip.isLinkLocalAddress()
        && !ip.isSiteLocalAddress()
        && !shared
        && !uniqueLocal;
  }
}
