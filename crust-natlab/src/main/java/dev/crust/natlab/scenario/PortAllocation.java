package dev.crust.natlab.scenario;

/**
 * How a NAT chooses the outside port of a new mapping.
 *
 * <p>A port that is taken is never shared, except by {@link Preserved} on a mapping that depends on
 * the remote port: there two mappings share it as long as their remote ends differ (port
 * overloading, as the Linux kernel does it).
 */
public sealed interface PortAllocation {
  /** The inside port while it is free, else a random one. */
  record Preserved() implements PortAllocation {}

  /** A random one of 1024 to 65535. */
  record Random() implements PortAllocation {}

  /**
   * The next one, UDP and TCP from one sequence.
   *
   * @param step the distance from one port to the next, 1 to 4096; the sequence starts at {@link
   *     #FIRST} and stays within {@link #SPAN} ports from there
   */
  record Sequential(int step) implements PortAllocation {
    /** The first port of the sequence. */
    public static final int FIRST = 20_000;

    /** The width of the range; port number {@code n} is {@code FIRST + n * step % SPAN}. */
    public static final int SPAN = 40_000;

    public Sequential {
      if (step < 1 || step > 4096) {
        throw new IllegalArgumentException("a step is 1 to 4096, not '" + step + "'");
      }
    }

    /** The outside port of mapping number {@code n}, counted from 0. */
    public int port(long n) {
      return FIRST + (int) (n * step % SPAN);
    }
  }
}
