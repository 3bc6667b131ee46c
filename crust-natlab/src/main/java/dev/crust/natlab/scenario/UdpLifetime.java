package dev.crust.natlab.scenario;

import java.time.Duration;

/**
 * How long a UDP mapping and its filter live without a packet from inside or, on the filter's side,
 * from a remote end that is let in.
 *
 * @param fresh the time while traffic has not gone both ways for over 2 s
 * @param proven the time from then on; both are whole seconds, at least one
 */
public record UdpLifetime(Duration fresh, Duration proven) {
  /** What every type but {@link NatType#LINUX} has unless told otherwise: 120 s. */
  public static final UdpLifetime DEFAULT = of(Duration.ofMinutes(2));

  /** What Linux does: 30 s, then 120 s. */
  public static final UdpLifetime LINUX =
      new UdpLifetime(Duration.ofSeconds(30), Duration.ofMinutes(2));

  public UdpLifetime {
    requireSeconds(fresh);
    requireSeconds(proven);
  }

  /** The same time for fresh and proven mappings. */
  public static UdpLifetime of(Duration lifetime) {
    return new UdpLifetime(lifetime, lifetime);
  }

  private static void requireSeconds(Duration lifetime) {
    if (lifetime.toSeconds() < 1 || !lifetime.equals(Duration.ofSeconds(lifetime.toSeconds()))) {
      throw new IllegalArgumentException(
          "a UDP lifetime is whole seconds, not '" + Quantity.text(lifetime) + "'");
    }
  }
}
