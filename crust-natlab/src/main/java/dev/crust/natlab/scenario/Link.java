package dev.crust.natlab.scenario;

import java.time.Duration;

/**
 * The line between a node and the network: the same in both directions. Immutable, thread-safe.
 *
 * @param delay the time that a packet takes, one way
 * @param jitter by how much that varies at most, to either side; order is kept
 * @param loss the share of packets lost, 0 to 1
 * @param reorder the share of packets that overtake others by skipping the delay, 0 to 1
 * @param bitsPerSecond the rate, 0 for unlimited
 * @param queueBytes how much waits for its turn at that rate before packets are dropped
 * @param mtu the largest packet, in bytes, 1280 to 9000
 */
public record Link(
    Duration delay,
    Duration jitter,
    double loss,
    double reorder,
    long bitsPerSecond,
    int queueBytes,
    int mtu) {

  /**
   * 10 ms each way and nothing else. Not 0, since without delay SYNs never cross and TCP punching
   * is judged wrongly.
   */
  public static final Link DEFAULT =
      new Link(Duration.ofMillis(10), Duration.ZERO, 0, 0, 0, 256 * 1024, 1500);

  public Link {
    if (delay.isNegative() || jitter.isNegative() || jitter.compareTo(delay) > 0) {
      throw new IllegalArgumentException(
          "jitter '%s' is not between 0 and the delay '%s'"
              .formatted(Quantity.text(jitter), Quantity.text(delay)));
    }
    requireShare(loss);
    requireShare(reorder);
    if (bitsPerSecond < 0 || queueBytes < 1) {
      throw new IllegalArgumentException("a rate or queue is not negative");
    }
    if (mtu < 1280 || mtu > 9000) {
      throw new IllegalArgumentException("an MTU is 1280 to 9000, not '" + mtu + "'");
    }
  }

  /** This, with another delay, one way. */
  public Link withDelay(Duration time) {
    return new Link(time, jitter, loss, reorder, bitsPerSecond, queueBytes, mtu);
  }

  /** This, with another jitter, at most the delay. */
  public Link withJitter(Duration time) {
    return new Link(delay, time, loss, reorder, bitsPerSecond, queueBytes, mtu);
  }

  /** This, losing a share of the packets, 0 to 1. */
  public Link withLoss(double share) {
    return new Link(delay, jitter, share, reorder, bitsPerSecond, queueBytes, mtu);
  }

  /** This, letting a share of the packets overtake, 0 to 1. */
  public Link withReorder(double share) {
    return new Link(delay, jitter, loss, share, bitsPerSecond, queueBytes, mtu);
  }

  /** This, with a rate in bits per second, 0 for unlimited. */
  public Link withRate(long rate) {
    return new Link(delay, jitter, loss, reorder, rate, queueBytes, mtu);
  }

  /** This, with a queue of that many bytes. */
  public Link withQueue(int bytes) {
    return new Link(delay, jitter, loss, reorder, bitsPerSecond, bytes, mtu);
  }

  /** This, with another MTU in bytes. */
  public Link withMtu(int bytes) {
    return new Link(delay, jitter, loss, reorder, bitsPerSecond, queueBytes, bytes);
  }

  private static void requireShare(double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("a share is 0% to 100%, not '" + share * 100 + "%'");
    }
  }
}
