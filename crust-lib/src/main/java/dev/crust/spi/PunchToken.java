package dev.crust.spi;

import java.util.HexFormat;

/**
 * Sixteen bytes by which the packets of one traversal are known, agreed through the introducer.
 *
 * <p>It keeps strangers' packets out and proves no identity: the introducer knows it too. What
 * counts is TLS on the path that comes of it.
 *
 * @param high the first eight bytes
 * @param low the last eight bytes
 */
public record PunchToken(long high, long low) {
  /** The length, in bytes. */
  public static final int LENGTH = 16;

  /** The bytes in hexadecimal digits. */
  @Override
  public String toString() {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(high) + hex.toHexDigits(low);
  }
}
