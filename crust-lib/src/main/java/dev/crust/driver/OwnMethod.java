package dev.crust.driver;

import dev.crust.proto.punch.Plan;
import dev.crust.spi.Protocol;
import dev.crust.spi.Round;
import dev.crust.spi.TraversalMethod;

/**
 * A method of the endpoint's own. It works on the control loop, and with what the endpoint shares
 * with nobody else: the sockets that carry its connections, and its budget.
 */
interface OwnMethod extends TraversalMethod {
  /** What such a method does for one endpoint and peer. On the control loop. */
  interface OwnEffort extends Effort {
    /** Whether nothing of it is under way that may become a path. */
    default boolean isIdle() {
      return true;
    }

    /** Whether there is a connection already, which another round would disturb. */
    default boolean isSecuring() {
      return false;
    }
  }

  /** Begins to look for a path to one peer. */
  OwnEffort start(LocalSite site);

  /** What the plan says of a punch by a protocol. */
  static Verdict punches(Round round, Protocol protocol) {
    Plan plan = Plan.of(round);
    return plan.punchBy(protocol).isPresent()
        ? new Verdict.Applies(0)
        : new Verdict.DoesNot(plan.obstacle(protocol, round.side()).orElse(""));
  }

  @Override
  default Effort start(Site site) {
    if (site instanceof LocalSite own) {
      return start(own);
    }
    throw new IllegalArgumentException(name() + " works with the sockets of an endpoint alone");
  }
}
