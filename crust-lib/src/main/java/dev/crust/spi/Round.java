package dev.crust.spi;

import java.time.Duration;
import java.time.Instant;

/**
 * What both sides of a traversal know of a round: the other has the same, seen from its side.
 *
 * @param side our role
 * @param number the number of the round, from 1 to 3: each is agreed on anew
 * @param token known to both, the same in all rounds
 * @param own our situation, as we told it
 * @param peer the peer's, as it told it
 * @param roundTrip between the two, by the way of the signals; zero while it is unknown
 * @param start when both begin, by the endpoint's clock; {@link Instant#MAX} while it is unknown
 */
public record Round(
    Side side,
    int number,
    PunchToken token,
    Situation own,
    Situation peer,
    Duration roundTrip,
    Instant start) {

  /** The same, beginning at another time. */
  public Round at(Instant time) {
    return new Round(side, number, token, own, peer, roundTrip, time);
  }

  /** The situation of the controlling side. */
  public Situation controlling() {
    return side == Side.CONTROLLING ? own : peer;
  }

  /** The situation of the controlled side. */
  public Situation controlled() {
    return side == Side.CONTROLLING ? peer : own;
  }
}
