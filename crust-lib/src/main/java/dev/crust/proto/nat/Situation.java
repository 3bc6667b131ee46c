package dev.crust.proto.nat;

import dev.crust.proto.stun.NatBehaviour;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;

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

  /**
   * What STUN says. A discovery without an answer proves that its protocol is blocked only if
   * another got one: else it may have been the server that was silent.
   *
   * @param udp over UDP; empty if not tried
   * @param tcp over TCP to a port other than 443; empty if not tried
   * @param tcp443 over TCP to port 443; empty if not tried
   * @param candidates where we may be met; those beyond the bound are left off
   */
  public static Situation measured(
      Optional<NatBehaviour> udp,
      Optional<NatBehaviour> tcp,
      Optional<NatBehaviour> tcp443,
      List<TraversalCandidate> candidates) {
    boolean anyTcp = answered(tcp) || answered(tcp443);
    boolean any = answered(udp) || anyTcp;
    Profile overUdp = udp.map(found -> profile(found, Outbound.FREE, any)).orElse(Profile.UNKNOWN);
    Profile overTcp = tcp.map(found -> profile(found, Outbound.FREE, any)).orElse(Profile.UNKNOWN);
    if (!answered(tcp) && answered(tcp443)) {
      Outbound outbound = tcp.isPresent() ? Outbound.ONLY_443 : Outbound.UNKNOWN;
      overTcp = Profile.of(tcp443.orElseThrow(), outbound);
    }
    List<TraversalCandidate> told =
        candidates.subList(0, Math.min(candidates.size(), MAX_CANDIDATES));
    return new Situation(overUdp, overTcp, told);
  }

  private static boolean answered(Optional<NatBehaviour> behaviour) {
    return behaviour.filter(found -> !found.reflexive().isEmpty()).isPresent();
  }

  private static Profile profile(NatBehaviour found, Outbound outbound, boolean anyAnswered) {
    if (!found.reflexive().isEmpty()) {
      return Profile.of(found, outbound);
    }
    return anyAnswered ? Profile.BLOCKED : Profile.UNKNOWN;
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
  public Situation with(Protocol protocol, Reachability found) {
    return protocol == Protocol.UDP
        ? new Situation(udp.with(found), tcp, candidates)
        : new Situation(udp, tcp.with(found), candidates);
  }
}
