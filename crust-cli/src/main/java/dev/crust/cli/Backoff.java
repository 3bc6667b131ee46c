package dev.crust.cli;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** How long to wait before the next dial: 1 s, doubled each time up to 5 min, give or take 20 %. */
final class Backoff {
  static final Duration FIRST = Duration.ofSeconds(1);
  static final Duration LAST = Duration.ofMinutes(5);

  private static final double JITTER = 0.2;

  private final RandomGenerator random;

  Backoff(RandomGenerator random) {
    this.random = random;
  }

  /**
   * The wait after so many failures.
   *
   * @param failures in a row; 0 after a loss
   */
  Duration after(int failures) {
    long plain = Math.min(FIRST.toMillis() << Math.min(failures, 20), LAST.toMillis());
    return Duration.ofMillis((long) (plain * random.nextDouble(1 - JITTER, 1 + JITTER)));
  }
}
