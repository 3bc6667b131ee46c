package dev.crust.proto.identity;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;

/** Ed25519 (RFC 8032) by the JDK, with keys as plain bytes. */
public final class Ed25519 {
  /** The secret from which both keys come, in bytes. */
  public static final int SEED_LENGTH = 32;

  /** The length of a signature, in bytes. */
  public static final int SIGNATURE_LENGTH = 64;

  private static final int KEY_LENGTH = 32;

  private Ed25519() {}

  /** The private key of a seed. */
  public static PrivateKey privateKey(byte[] seed) {
    try {
      return KeyFactory.getInstance("Ed25519")
          .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed.clone()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK since 15 has Ed25519", e);
    }
  }

  /** The public key of a seed: 32 bytes (RFC 8032 §5.1.5). */
  public static byte[] publicKey(byte[] seed) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
      // The JDK derives a public key only while it generates a pair, from 32 random bytes: these.
      generator.initialize(NamedParameterSpec.ED25519, new Fixed(seed));
      return encode((EdECPublicKey) generator.generateKeyPair().getPublic());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK since 15 has Ed25519", e);
    }
  }

  /** The signature of data: {@value #SIGNATURE_LENGTH} bytes. */
  public static byte[] sign(PrivateKey key, byte[] data) {
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(key);
      signature.update(data);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a valid key signs", e);
    }
  }

  /**
   * Whether the signature over data is that of this public key; false for a key that is no point of
   * the curve.
   */
  public static boolean verify(byte[] publicKey, byte[] data, byte[] signature) {
    if (publicKey.length != KEY_LENGTH || signature.length != SIGNATURE_LENGTH) {
      return false;
    }
    try {
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(decode(publicKey));
      verifier.update(data);
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static byte[] encode(EdECPublicKey key) {
    byte[] bigEndian = key.getPoint().getY().toByteArray();
    byte[] encoded = new byte[KEY_LENGTH];
    for (int i = 0; i < Math.min(bigEndian.length, KEY_LENGTH); i++) {
      encoded[i] = bigEndian[bigEndian.length - 1 - i];
    }
    if (key.getPoint().isXOdd()) {
      encoded[KEY_LENGTH - 1] |= (byte) 0x80;
    }
    return encoded;
  }

  private static PublicKey decode(byte[] encoded) throws GeneralSecurityException {
    byte[] bigEndian = new byte[KEY_LENGTH];
    for (int i = 0; i < KEY_LENGTH; i++) {
      bigEndian[i] = encoded[KEY_LENGTH - 1 - i];
    }
    boolean xOdd = (bigEndian[0] & 0x80) != 0;
    bigEndian[0] &= 0x7f;
    EdECPoint point = new EdECPoint(xOdd, new BigInteger(1, bigEndian));
    return KeyFactory.getInstance("Ed25519")
        .generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, point));
  }

  /** Gives these bytes when asked for random ones. */
  private static final class Fixed extends SecureRandom {
    private static final long serialVersionUID = 1L;

    private final byte[] bytes;

    Fixed(byte[] bytes) {
      this.bytes = bytes.clone();
    }

    @Override
    public void nextBytes(byte[] target) {
      System.arraycopy(bytes, 0, target, 0, target.length);
    }
  }
}
