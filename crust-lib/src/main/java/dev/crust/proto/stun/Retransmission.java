package dev.crust.proto.stun;

import java.time.Duration;

/**
 * When a request is sent again and when it is given up (RFC 8489 §6.2.1).
 *
 * @param initial RTO, the wait after the first transmission; doubled after each
 * @param transmissions Rc, how often the request is sent in all
 * @param last the wait after the last transmission (Rm × RTO), or the whole wait if sent once
 */
public record Retransmission(Duration initial, int transmissions, Duration last) {
  /** RFC 8489 §6.2.1 for UDP: RTO 500 ms, Rc 7, Rm 16; given up after 39.5 s. */
  public static final Retransmission STANDARD =
      new Retransmission(Duration.ofMillis(500), 7, Duration.ofMillis(8000));

  /** RFC 8489 §6.2.2 for TCP: sent once, given up after Ti = 39.5 s. */
  public static final Retransmission RELIABLE =
      new Retransmission(Duration.ofMillis(500), 1, Duration.ofMillis(39_500));

  /**
   * For probes whose silence is an answer: given up after 5.5 s, since a NAT that filters would
   * else cost {@link #STANDARD}'s 39.5 s each.
   */
  public static final Retransmission PROBE =
      new Retransmission(Duration.ofMillis(500), 4, Duration.ofMillis(2000));

  /** For probes that somebody waits for: given up after 1.25 s. */
  public static final Retransmission BRIEF =
      new Retransmission(Duration.ofMillis(250), 3, Duration.ofMillis(500));

  private static final Duration LEAST_PACE = Duration.ofMillis(100);

  /** Checks the ranges. */
  public Retransmission {
    if (transmissions < 1 || transmissions > 16 || initial.isNegative() || initial.isZero()) {
      throw new IllegalArgumentException(transmissions + " transmissions, " + initial + " apart");
    }
    if (last.isNegative()) {
      throw new IllegalArgumentException("a last wait of " + last);
    }
  }

  /**
   * The same for a way whose round trip is known to be at most so long, and never slower: RTO is
   * that of a first measurement (RFC 6298 §2.2, three round trips), and no shorter than what a busy
   * machine needs.
   */
  Retransmission pacedBy(Duration roundTrip) {
    Duration wanted = roundTrip.multipliedBy(3);
    Duration paced = wanted.compareTo(LEAST_PACE) > 0 ? wanted : LEAST_PACE;
    if (paced.compareTo(initial) >= 0) {
      return this;
    }
    long lasts = last.toNanos() / initial.toNanos();
    return new Retransmission(paced, transmissions, paced.multipliedBy(lasts));
  }

  /** How long to wait after the transmission of this number, from 1. */
  Duration waitAfter(int transmission) {
    return transmission >= transmissions ? last : initial.multipliedBy(1L << (transmission - 1));
  }
}
