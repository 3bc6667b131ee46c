package dev.crust.proto.nat;

import dev.crust.proto.stun.NatBehaviour;
import dev.crust.spi.Profile;
import dev.crust.spi.Profile.Outbound;
import dev.crust.spi.Profile.Reachability;
import dev.crust.spi.Situation;
import dev.crust.spi.TraversalCandidate;
import java.util.List;
import java.util.Optional;

/** What discoveries by STUN say of a situation. */
public final class StunEvidence {
  private StunEvidence() {}

  /**
   * What STUN says. A discovery without an answer proves that its protocol is blocked only if
   * another got one: else it may have been the server that was silent.
   *
   * @param udp over UDP; empty if not tried
   * @param tcp over TCP to a port other than 443; empty if not tried
   * @param tcp443 over TCP to port 443; empty if not tried
   * @param candidates where we may be met; those beyond the bound are left off
   */
  public static Situation situation(
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
      overTcp = profile(tcp443.orElseThrow(), outbound);
    }
    List<TraversalCandidate> told =
        candidates.subList(0, Math.min(candidates.size(), Situation.MAX_CANDIDATES));
    return new Situation(overUdp, overTcp, told);
  }

  private static boolean answered(Optional<NatBehaviour> behaviour) {
    return behaviour.filter(found -> !found.reflexive().isEmpty()).isPresent();
  }

  private static Profile profile(NatBehaviour found, Outbound outbound) {
    return new Profile(
        outbound, found.mapping(), found.filtering(), found.allocation(), Reachability.UNKNOWN);
  }

  private static Profile profile(NatBehaviour found, Outbound outbound, boolean anyAnswered) {
    if (!found.reflexive().isEmpty()) {
      return profile(found, outbound);
    }
    return anyAnswered ? Profile.BLOCKED : Profile.UNKNOWN;
  }
}
