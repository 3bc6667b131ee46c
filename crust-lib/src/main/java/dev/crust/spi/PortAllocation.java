package dev.crust.spi;

/**
 * How a NAT chooses the outside port of a new mapping.
 *
 * @param pattern the kind
 * @param delta the step to the next mapping's port, not 0, if {@link Pattern#SEQUENTIAL}; else 0
 */
public record PortAllocation(Pattern pattern, int delta) {
  /** The kinds. */
  public enum Pattern {
    /** The inside port, kept. */
    PRESERVED,
    /** A fixed step from the one before. */
    SEQUENTIAL,
    /** No rule was seen. */
    RANDOM,
    /** Too little was seen. */
    UNKNOWN
  }

  /** Too little was seen. */
  public static final PortAllocation UNKNOWN = new PortAllocation(Pattern.UNKNOWN, 0);

  /** The inside port, kept. */
  public static final PortAllocation PRESERVED = new PortAllocation(Pattern.PRESERVED, 0);

  /** No rule was seen. */
  public static final PortAllocation RANDOM = new PortAllocation(Pattern.RANDOM, 0);

  /** A fixed step. */
  public static PortAllocation sequential(int delta) {
    return new PortAllocation(Pattern.SEQUENTIAL, delta);
  }

  /** Checks that the delta fits the pattern. */
  public PortAllocation {
    if ((pattern == Pattern.SEQUENTIAL) != (delta != 0)) {
      throw new IllegalArgumentException(pattern + " with delta " + delta);
    }
  }
}
