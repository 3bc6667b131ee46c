package dev.crust.proto.beacon;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** HKDF with HMAC-SHA-256 (RFC 5869): makes keys of a given length from a secret. */
final class Hkdf {
  private static final int HASH_LENGTH = 32;

  private Hkdf() {}

  /**
   * Extracts and expands.
   *
   * @param salt may be empty
   * @param length in bytes, at most 255 × 32
   */
  static byte[] derive(byte[] secret, byte[] salt, byte[] info, int length) {
    return expand(extract(salt, secret), info, length);
  }

  /** RFC 5869 §2.2. */
  static byte[] extract(byte[] salt, byte[] secret) {
    return hmac(salt.length == 0 ? new byte[HASH_LENGTH] : salt).doFinal(secret);
  }

  /** RFC 5869 §2.3. */
  static byte[] expand(byte[] pseudorandomKey, byte[] info, int length) {
    if (length > 255 * HASH_LENGTH) {
      throw new IllegalArgumentException(length + " bytes are more than HKDF gives");
    }
    Mac hmac = hmac(pseudorandomKey);
    byte[] output = new byte[length];
    byte[] block = new byte[0];
    for (int at = 0, counter = 1; at < length; at += HASH_LENGTH, counter++) {
      hmac.update(block);
      hmac.update(info);
      block = hmac.doFinal(new byte[] {(byte) counter});
      System.arraycopy(block, 0, output, at, Math.min(HASH_LENGTH, length - at));
    }
    Arrays.fill(block, (byte) 0);
    return output;
  }

  private static Mac hmac(byte[] key) {
    try {
      Mac hmac = Mac.getInstance("HmacSHA256");
      hmac.init(new SecretKeySpec(key, "HmacSHA256"));
      return hmac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }
}
