package dev.crust.natlab.scenario;

import java.time.Duration;

/**
 * A happening and when it comes, counted from the moment the scenario is up.
 *
 * @param at the time, not negative
 * @param happening what happens
 */
public record Timed(Duration at, Happening happening) implements Element {
  public Timed {
    if (at.isNegative()) {
      throw new IllegalArgumentException("a happening is not in the past");
    }
  }
}
