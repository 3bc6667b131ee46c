package dev.crust.natlab.verify;

import static dev.crust.natlab.verify.NatFacts.BLOCKED;
import static dev.crust.natlab.verify.NatFacts.NOTHING;

import dev.crust.natlab.scenario.NatType;
import java.util.LinkedHashMap;
import java.util.Map;

/** What each NAT type is expected to show to RFC 5780's tests, written out by hand. */
public final class ExpectedFacts {
  private static final String EIM = "endpoint-independent";
  private static final String ADDRESS = "address-dependent";
  private static final String PORT = "address-and-port-dependent";
  private static final String KEPT = "preserved";
  private static final String RANDOM = "random";
  private static final String TWO_MINUTES = "115-125";

  private ExpectedFacts() {}

  /** By type, in the order of {@link NatType#all}; without hairpin. */
  public static Map<NatType, NatFacts> byType() {
    Map<NatType, NatFacts> facts = new LinkedHashMap<>();
    facts.put(
        NatType.NONE,
        new NatFacts("none", EIM, KEPT, "none", KEPT, "over 125", "over 125", NOTHING));
    facts.put(
        NatType.FW,
        new NatFacts("none", PORT, KEPT, "none", KEPT, TWO_MINUTES, TWO_MINUTES, NOTHING));
    facts.put(NatType.FULL_CONE, row(EIM, EIM, KEPT));
    facts.put(NatType.ADDR_RESTRICTED, row(EIM, ADDRESS, KEPT));
    facts.put(NatType.PORT_RESTRICTED, row(EIM, PORT, KEPT));
    facts.put(NatType.EIM_RANDOM, row(EIM, PORT, RANDOM));
    facts.put(NatType.LINUX, new NatFacts(EIM, PORT, KEPT, EIM, KEPT, "28-32", TWO_MINUTES, "no"));
    facts.put(NatType.ADDR_SYMMETRIC, row(ADDRESS, PORT, RANDOM));
    facts.put(NatType.SYMMETRIC, row(PORT, PORT, RANDOM));
    facts.put(NatType.SYMMETRIC_SEQ, row(PORT, PORT, "sequential 1"));
    facts.put(NatType.UDP_BLOCKED, blocked(EIM, KEPT));
    facts.put(NatType.TCP_443_ONLY, blocked(BLOCKED, NOTHING));
    return facts;
  }

  private static NatFacts row(String mapping, String filtering, String ports) {
    return new NatFacts(mapping, filtering, ports, mapping, ports, TWO_MINUTES, TWO_MINUTES, "no");
  }

  private static NatFacts blocked(String tcpMapping, String tcpPorts) {
    return new NatFacts(BLOCKED, NOTHING, NOTHING, tcpMapping, tcpPorts, NOTHING, NOTHING, NOTHING);
  }
}
