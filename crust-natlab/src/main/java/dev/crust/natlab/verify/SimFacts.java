package dev.crust.natlab.verify;

import static dev.crust.natlab.verify.NatFacts.NOTHING;

import dev.crust.natlab.scenario.Nat;
import dev.crust.proto.stun.NatBehaviour;

/** Measures {@link NatFacts} in the simulator. */
public final class SimFacts {
  private SimFacts() {}

  /** What this NAT shows of itself. */
  public static NatFacts measure(Nat nat, long seed) {
    NatBehaviour udp = new SimProbe(nat, seed).udp();
    NatBehaviour tcp = new SimProbe(nat, seed).tcp();
    boolean blocked = udp.reflexive().isEmpty();
    return FactsOf.facts(
        udp,
        tcp,
        blocked ? NOTHING : lifetime(nat, seed, false),
        blocked ? NOTHING : lifetime(nat, seed, true));
  }

  private static String lifetime(Nat nat, long seed, boolean proven) {
    return FactsOf.lifetime(new SimProbe(nat, seed).lifetime(FactsOf.WAITS, proven));
  }
}
