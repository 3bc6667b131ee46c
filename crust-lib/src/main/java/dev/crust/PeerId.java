package dev.crust;

import java.util.Arrays;

/**
 * The name of an endpoint: its Ed25519 public key (RFC 8032), 32 bytes.
 *
 * <p>Its text form is RFC 4648 base32 in lower case without padding, 52 characters; only the
 * canonical form is accepted. The order is that of the bytes as one unsigned number, not that of
 * the text: both ends of a connection settle disputes by it. Immutable and thread-safe.
 */
public final class PeerId implements Comparable<PeerId> {
  /** The length of the key, in bytes. */
  public static final int LENGTH = 32;

  private final byte[] key;

  private PeerId(byte[] key) {
    this.key = key;
  }

  /**
   * The id with these bytes.
   *
   * @param key the public key, {@value #LENGTH} bytes; copied
   * @throws IllegalArgumentException if the length is another
   */
  public static PeerId of(byte[] key) {
    if (key.length != LENGTH) {
      throw new IllegalArgumentException("a peer id has " + LENGTH + " bytes, not " + key.length);
    }
    return new PeerId(key.clone());
  }

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException if the text is not 52 characters of canonical base32; the
   *     message names the place
   */
  public static PeerId parse(String text) {
    if (text.length() != Base32.encodedLength(LENGTH)) {
      throw new IllegalArgumentException(
          "a peer id has %d characters, '%s' has %d"
              .formatted(Base32.encodedLength(LENGTH), text, text.length()));
    }
    return new PeerId(Base32.decode(text));
  }

  /** A copy of the public key, {@value #LENGTH} bytes. */
  public byte[] bytes() {
    return key.clone();
  }

  /** Compares the keys as unsigned big-endian numbers. */
  @Override
  public int compareTo(PeerId other) {
    return Arrays.compareUnsigned(key, other.key);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PeerId that && Arrays.equals(key, that.key);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(key);
  }

  /** The text form, 52 characters. */
  @Override
  public String toString() {
    return Base32.encode(key);
  }
}
