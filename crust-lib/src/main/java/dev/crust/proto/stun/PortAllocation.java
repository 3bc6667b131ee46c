package dev.crust.proto.stun;

import java.util.List;

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

  /** Fewer bindings than this say nothing: two ports are always "in sequence". */
  private static final int ENOUGH = 3;

  /** Random ports fall within this distance of each other once in a thousand times. */
  private static final int LARGEST_DELTA = 32;

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

  /**
   * Judges from bindings made one after the other: inside and outside port of each.
   *
   * <p>Others may take ports in between, so the steps need not be equal: they must have one
   * direction and be small, and the smallest of them is the delta. Ports that wrapped around break
   * one step of the row at most, which is forgiven if three or more remain.
   */
  static PortAllocation judge(List<Integer> inside, List<Integer> outside) {
    if (inside.size() < ENOUGH) {
      return UNKNOWN;
    }
    if (inside.equals(outside)) {
      return PRESERVED;
    }
    int up = 0;
    int down = 0;
    int smallest = Integer.MAX_VALUE;
    for (int i = 1; i < outside.size(); i++) {
      int step = outside.get(i) - outside.get(i - 1);
      if (step == 0 || Math.abs(step) > LARGEST_DELTA) {
        continue;
      }
      up += step > 0 ? 1 : 0;
      down += step < 0 ? 1 : 0;
      smallest = Math.min(smallest, Math.abs(step));
    }
    int steps = outside.size() - 1;
    int good = Math.max(up, down);
    if (good == steps || (good == steps - 1 && good >= ENOUGH)) {
      return sequential(up >= down ? smallest : -smallest);
    }
    return RANDOM;
  }
}
