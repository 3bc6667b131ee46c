package dev.crust.proto.relay;

import java.time.Duration;

/**
 * What a relay grants. Rates and bytes are both ways together.
 *
 * @param reservations how many peers may have reserved
 * @param reservationsPerAddress how many of them from one IP address
 * @param lifetime how long a reservation holds
 * @param circuits how many circuits in all
 * @param circuitsPerPeer how many of them of one peer, at either end
 * @param circuitsPerAddress how many of them opened from one IP address
 * @param bytesPerSecond the rate of each circuit in the long run
 * @param burst how many bytes of each circuit may run ahead of the rate
 * @param bytes how many bytes each circuit may carry
 * @param duration how long each circuit may last
 */
public record RelayLimits(
    int reservations,
    int reservationsPerAddress,
    Duration lifetime,
    int circuits,
    int circuitsPerPeer,
    int circuitsPerAddress,
    long bytesPerSecond,
    long burst,
    long bytes,
    Duration duration) {

  /** What an endpoint grants unless told otherwise: at worst 32 MiB a second for all circuits. */
  public static final RelayLimits DEFAULT =
      new RelayLimits(
          128, 8, Duration.ofHours(1), 32, 8, 8, 1 << 20, 4 << 20, 1L << 30, Duration.ofHours(2));

  /** Grants nothing. */
  public static final RelayLimits NONE =
      new RelayLimits(0, 0, Duration.ZERO, 0, 0, 0, 1, 1, 0, Duration.ZERO);

  /** Checks that a rate is one. */
  public RelayLimits {
    if (bytesPerSecond < 1 || burst < 1) {
      throw new IllegalArgumentException("a rate of " + bytesPerSecond + " and " + burst);
    }
  }
}
