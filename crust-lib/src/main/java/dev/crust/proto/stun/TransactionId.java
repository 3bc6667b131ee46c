package dev.crust.proto.stun;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/** The 96 bits that tie a response to its request (RFC 8489 §5). Immutable and thread-safe. */
public final class TransactionId {
  /** The length, in bytes. */
  public static final int LENGTH = 12;

  private final byte[] bytes;

  private TransactionId(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * The id with these bytes.
   *
   * @param bytes copied
   * @throws IllegalArgumentException if there are not {@value #LENGTH}
   */
  public static TransactionId of(byte[] bytes) {
    if (bytes.length != LENGTH) {
      throw new IllegalArgumentException("a transaction id has " + LENGTH + " bytes");
    }
    return new TransactionId(bytes.clone());
  }

  /** A fresh id; against off-path forgers the generator must be a cryptographic one. */
  public static TransactionId random(RandomGenerator random) {
    byte[] bytes = new byte[LENGTH];
    random.nextBytes(bytes);
    return new TransactionId(bytes);
  }

  /** A copy of the {@value #LENGTH} bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TransactionId that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** Lower-case hexadecimal. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes);
  }
}
