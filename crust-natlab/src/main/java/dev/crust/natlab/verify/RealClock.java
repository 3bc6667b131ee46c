package dev.crust.natlab.verify;

import java.time.Instant;

/** Monotonic time for machines that run on real sockets. */
final class RealClock {
  private static final long START = System.nanoTime();

  private RealClock() {}

  static Instant now() {
    return Instant.EPOCH.plusNanos(System.nanoTime() - START);
  }
}
