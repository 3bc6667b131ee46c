package dev.crust.proto.dial;

import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.Transport;
import java.net.Inet6Address;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which of our candidates are worth telling, best first. Priorities are RFC 8445's, with TCP before
 * QUIC at the same address. Stateless and thread-safe.
 */
public final class CandidateRank {
  /** How a candidate was learnt, with its type preference (RFC 8445 §5.1.2.2). */
  public enum Kind {
    /** An address of an interface. */
    HOST(126),
    /** Where a peer saw us come from. */
    PEER_REFLEXIVE(110),
    /** A router has promised it to us (UPnP, NAT-PMP, PCP). */
    MAPPED(105),
    /** Where servers saw us come from. */
    SERVER_REFLEXIVE(100),
    /** An address of a relay. */
    RELAYED(0);

    private final int preference;

    Kind(int preference) {
      this.preference = preference;
    }
  }

  /** What kind of network a host candidate is on. */
  public enum Network {
    /** A LAN or the public network. */
    ORDINARY(4),
    /** A VPN or a container bridge, which most peers are not on. */
    VIRTUAL(3),
    /** One link alone. */
    LINK_LOCAL(2),
    /** This host alone. */
    LOOPBACK(1);

    private final int preference;

    Network(int preference) {
      this.preference = preference;
    }
  }

  /** A candidate and what is known of it. */
  public record Found(Candidate candidate, Kind kind, Network network) {}

  /** So many at most of what few peers can use, lest it drive out what all can. */
  private static final int MAX_NARROW = 4;

  /** So many others of each transport have their place, however many host candidates there are. */
  private static final int SURE_OTHERS = 2;

  /** So many host candidates of each transport and family have theirs. */
  private static final int SURE_HOSTS = 2;

  private CandidateRank() {}

  /** The priority of RFC 8445 §5.1.2.1; all of ours are of component 1. */
  public static long priority(Found found) {
    boolean ipv6 = found.candidate.address().getAddress() instanceof Inet6Address;
    boolean tcp = found.candidate.transport() == Transport.TCP;
    int local = found.network.preference << 8 | (ipv6 ? 2 : 0) | (tcp ? 1 : 0);
    return ((long) found.kind.preference << 24) | ((long) local << 8) | 255;
  }

  /**
   * The best of them, at most {@value CrustAddress#MAX_CANDIDATES}, in order; among them some of
   * each sort that there is, so that a host with many addresses of one sort is reached by the
   * other.
   */
  public static List<Candidate> best(Collection<Found> all) {
    List<Found> sorted =
        all.stream().sorted(Comparator.comparingLong(CandidateRank::priority).reversed()).toList();
    Map<Candidate, Found> each = new LinkedHashMap<>();
    sorted.forEach(found -> each.putIfAbsent(found.candidate, found));
    Set<Candidate> chosen = new HashSet<>();
    Map<Sort, Integer> counts = new HashMap<>();
    for (Found found : each.values()) {
      Sort sort = Sort.of(found);
      if (counts.merge(sort, 1, Integer::sum) <= sort.sure()) {
        chosen.add(found.candidate);
      }
    }
    for (Found found : each.values()) {
      if (chosen.size() < CrustAddress.MAX_CANDIDATES && found.network == Network.ORDINARY) {
        chosen.add(found.candidate);
      }
    }
    return each.keySet().stream().filter(chosen::contains).toList();
  }

  /** What a candidate has in common with those that it competes with for a place. */
  private record Sort(boolean narrow, boolean host, Optional<Transport> transport, boolean ipv6) {
    static Sort of(Found found) {
      if (found.network != Network.ORDINARY) {
        return new Sort(true, true, Optional.empty(), false);
      }
      boolean host = found.kind == Kind.HOST;
      boolean ipv6 = found.candidate.address().getAddress() instanceof Inet6Address;
      return new Sort(false, host, Optional.of(found.candidate.transport()), host && ipv6);
    }

    /** At most 4 + 4 x 2 + 2 x 2 in all. */
    int sure() {
      return narrow ? MAX_NARROW : host ? SURE_HOSTS : SURE_OTHERS;
    }
  }
}
