package dev.crust.proto.stun;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The two ways to protect a message with a key (RFC 8489 §14.5 and §14.6). Thread-safe. */
public enum Integrity {
  /** MESSAGE-INTEGRITY. */
  SHA1(0x0008, "HmacSHA1", 20),
  /** MESSAGE-INTEGRITY-SHA256, at full length on sending; 16 bytes or more on receipt. */
  SHA256(0x001c, "HmacSHA256", 32);

  /** What a check found. */
  public enum Verdict {
    /** The attribute is missing. */
    ABSENT,
    /** The key made it. */
    VALID,
    /** Another key made it, or the message was changed. */
    INVALID
  }

  private final int type;
  private final String algorithm;
  private final int length;

  Integrity(int type, String algorithm, int length) {
    this.type = type;
    this.algorithm = algorithm;
    this.length = length;
  }

  /** The key of short-term credentials (RFC 8489 §9.1.1). */
  public static byte[] shortTermKey(String password) {
    return password.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The key of long-term credentials with MD5, the default algorithm (RFC 8489 §9.2.2, §18.5.1).
   */
  public static byte[] longTermKey(String username, String realm, String password) {
    try {
      String text = username + ":" + realm + ":" + password;
      return MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Checks a message as it came.
   *
   * @param message bytes that {@link StunCodec#decode} accepted
   * @param key not empty
   */
  public Verdict check(byte[] message, byte[] key) {
    int at = find(message);
    if (at < 0) {
      return Verdict.ABSENT;
    }
    int size = StunCodec.unsigned16(message, at + 2);
    if (size > length || size % 4 != 0 || size < Math.min(length, 16) || (type == 8 && size < 20)) {
      return Verdict.INVALID;
    }
    byte[] expected = mac(Arrays.copyOf(message, at), size, key);
    byte[] found = Arrays.copyOfRange(message, at + 4, at + 4 + size);
    return MessageDigest.isEqual(Arrays.copyOf(expected, size), found)
        ? Verdict.VALID
        : Verdict.INVALID;
  }

  boolean matches(int attributeType) {
    return type == attributeType;
  }

  int encodedLength() {
    return 4 + length;
  }

  /** Appends the attribute to a message that is complete up to the buffer's position. */
  void append(ByteBuffer out, byte[] key) {
    byte[] before = StunCodec.written(out);
    out.putShort((short) type).putShort((short) length).put(mac(before, length, key));
  }

  /** RFC 8489 §14.5: computed as if this attribute were the last of the message. */
  private byte[] mac(byte[] before, int size, byte[] key) {
    StunCodec.putUnsigned16(before, 2, before.length - StunCodec.HEADER + 4 + size);
    try {
      Mac mac = Mac.getInstance(algorithm);
      mac.init(new SecretKeySpec(key, algorithm));
      return mac.doFinal(before);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private int find(byte[] message) {
    int at = StunCodec.HEADER;
    while (at + 4 <= message.length) {
      int size = StunCodec.unsigned16(message, at + 2);
      if (StunCodec.unsigned16(message, at) == type) {
        return at + 4 + size <= message.length ? at : -1;
      }
      at += 4 + StunCodec.padded(size);
    }
    return -1;
  }
}
