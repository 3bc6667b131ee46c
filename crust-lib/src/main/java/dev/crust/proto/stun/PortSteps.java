package dev.crust.proto.stun;

import dev.crust.spi.PortAllocation;
import java.util.List;

/** What the outside ports of mappings made in a row say of how a NAT allocates them. */
final class PortSteps {
  /** Fewer bindings than this say nothing: two ports are always "in sequence". */
  private static final int ENOUGH = 3;

  /** Random ports fall within this distance of each other once in a thousand times. */
  private static final int LARGEST_DELTA = 32;

  private PortSteps() {}

  /**
   * Judges from bindings made one after the other: inside and outside port of each.
   *
   * <p>Others may take ports in between, so the steps need not be equal: they must have one
   * direction and be small, and the smallest of them is the delta. Ports that wrapped around break
   * one step of the row at most, which is forgiven if three or more remain.
   */
  static PortAllocation judge(List<Integer> inside, List<Integer> outside) {
    if (inside.size() < ENOUGH) {
      return PortAllocation.UNKNOWN;
    }
    if (inside.equals(outside)) {
      return PortAllocation.PRESERVED;
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
      return PortAllocation.sequential(up >= down ? smallest : -smallest);
    }
    return PortAllocation.RANDOM;
  }
}
