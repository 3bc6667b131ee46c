package dev.crust.natlab.verify;

import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.Transport;
import dev.crust.natlab.scenario.Unsolicited;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A pair whose second side starts later, one try by TCP, against routers of a kind: where NATLAB's
 * traps lie. One way takes 20 ms.
 *
 * @param connects what is expected
 */
record Staggered(PunchMatrix.Pair pair, Unsolicited unsolicited, Duration skew, boolean connects) {

  static List<Staggered> all() {
    PunchMatrix.Pair tcp = pair(Transport.TCP, NatType.PORT_RESTRICTED);
    PunchMatrix.Pair udp = pair(Transport.UDP, NatType.LINUX);
    List<Staggered> cases = new ArrayList<>();
    for (Unsolicited answer : Unsolicited.values()) {
      boolean kind = answer == Unsolicited.DROP;
      cases.add(new Staggered(tcp, answer, Duration.ZERO, true));
      cases.add(new Staggered(tcp, answer, Duration.ofMillis(200), kind));
    }
    cases.add(new Staggered(udp, Unsolicited.DROP, Duration.ofMillis(200), true));
    cases.add(new Staggered(udp, Unsolicited.ACCEPT, Duration.ofMillis(200), false));
    return cases;
  }

  boolean simulated() {
    return new SimPunch(unsolicited, skew, false).run(pair, 1).connected();
  }

  boolean inKernel() throws Exception {
    return KernelWorld.punch(pair, unsolicited, skew);
  }

  private static PunchMatrix.Pair pair(Transport by, NatType type) {
    return new PunchMatrix.Pair(by, Place.of(type), Place.of(type));
  }

  @Override
  public String toString() {
    return pair + " " + NatFacts.word(unsolicited) + " +" + skew.toMillis() + "ms";
  }
}
