package dev.crust.proto.punch;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
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

  /** The token of these two nonces: that of the offer, and that of the answer. */
  public static PunchToken of(byte[] offered, byte[] answered) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update("crust punch\0".getBytes(StandardCharsets.US_ASCII));
      digest.update(offered);
      digest.update(answered);
      ByteBuffer hash = ByteBuffer.wrap(digest.digest());
      return new PunchToken(hash.getLong(), hash.getLong());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The bytes in hexadecimal digits. */
  @Override
  public String toString() {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(high) + hex.toHexDigits(low);
  }
}
