package dev.crust.spi;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * One side's situation, as it tells it to the other. Immutable.
 *
 * @param udp what stands in the way of UDP
 * @param tcp what stands in the way of TCP
 * @param candidates where it may be met, most promising first, at most {@value #MAX_CANDIDATES}
 */
public record Situation(Profile udp, Profile tcp, List<TraversalCandidate> candidates) {
  /** As many candidates are told. */
  public static final int MAX_CANDIDATES = 16;

  /** Nothing is known, and there is nowhere to meet. */
  public static final Situation UNKNOWN =
      new Situation(Profile.UNKNOWN, Profile.UNKNOWN, List.of());

  /** Copies the list and checks its length. */
  public Situation {
    candidates = List.copyOf(candidates);
    if (candidates.size() > MAX_CANDIDATES) {
      throw new IllegalArgumentException(candidates.size() + " candidates");
    }
  }

  /** What stands in the way of this protocol. */
  public Profile profile(Protocol protocol) {
    return protocol == Protocol.UDP ? udp : tcp;
  }

  /** The candidates of a protocol, in order. */
  public List<TraversalCandidate> candidates(Protocol protocol) {
    return candidates.stream().filter(each -> each.protocol() == protocol).toList();
  }

  /** The addresses of one kind and protocol, in order. */
  public List<InetSocketAddress> addresses(TraversalCandidate.Kind kind, Protocol protocol) {
    return candidates(protocol).stream()
        .filter(each -> each.kind() == kind)
        .map(TraversalCandidate::address)
        .toList();
  }

  /** This, with what peers found who dialled back, for one protocol. */
  public Situation with(Protocol protocol, Profile.Reachability found) {
    return protocol == Protocol.UDP
        ? new Situation(udp.with(found), tcp, candidates)
        : new Situation(udp, tcp.with(found), candidates);
  }
}
