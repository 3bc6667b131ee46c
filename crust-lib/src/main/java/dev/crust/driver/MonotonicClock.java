package dev.crust.driver;

import java.time.Instant;

/**
 * A clock that never goes back and does not jump when somebody sets the time of day. Thread-safe.
 */
final class MonotonicClock {
  private final Instant epoch = Instant.now();
  private final long start = System.nanoTime();

  Instant now() {
    return epoch.plusNanos(System.nanoTime() - start);
  }
}
