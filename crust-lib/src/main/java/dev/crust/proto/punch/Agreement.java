package dev.crust.proto.punch;

import dev.crust.spi.Protocol;
import dev.crust.spi.Side;
import dev.crust.spi.Situation;
import dev.crust.spi.TraversalCandidate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What both sides know after an introduction: all that a round of punching needs.
 *
 * @param side our role
 * @param round the number of the round, from 1
 * @param token what punch packets carry, the same in all rounds
 * @param own our situation, as we told it
 * @param peer the peer's, as it told it
 * @param roundTrip between the two, through the introducer
 * @param start when both begin, by our clock
 */
public record Agreement(
    Side side,
    int round,
    PunchToken token,
    Situation own,
    Situation peer,
    Duration roundTrip,
    Instant start) {

  /** What is to be done: the peer has the same. */
  public Plan plan() {
    return Plan.of(side, own, peer, roundTrip);
  }

  /** The peer's addresses that a protocol's step is about, best first. */
  public List<TraversalCandidate> targets(Protocol protocol) {
    Optional<Plan.Step.Punch> punch = plan().punchBy(protocol);
    return punch
        .map(step -> Reach.targets(own, peer, protocol, step.reaches()))
        .orElseGet(() -> Reach.targets(own, peer, protocol, java.util.Set.of(Reach.IPV4)));
  }
}
