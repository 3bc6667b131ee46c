package dev.crust.proto.beacon;

import dev.crust.proto.MalformedMessageException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.XECPublicKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import javax.crypto.KeyAgreement;

/** An X25519 key pair (RFC 7748) for one question or one answer. */
final class OneTimeKey {
  static final int LENGTH = 32;

  private final PrivateKey privateKey;
  private final Bytes publicKey;

  private OneTimeKey(PrivateKey privateKey, Bytes publicKey) {
    this.privateKey = privateKey;
    this.publicKey = publicKey;
  }

  static OneTimeKey generate(SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("X25519");
      generator.initialize(NamedParameterSpec.X25519, random);
      KeyPair pair = generator.generateKeyPair();
      return new OneTimeKey(pair.getPrivate(), encode((XECPublicKey) pair.getPublic()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK since 11 has X25519", e);
    }
  }

  /** The pair with a known private key, for the RFC's test vectors. */
  static OneTimeKey of(byte[] privateKey, Bytes publicKey) {
    try {
      return new OneTimeKey(
          KeyFactory.getInstance("X25519")
              .generatePrivate(new XECPrivateKeySpec(NamedParameterSpec.X25519, privateKey)),
          publicKey);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK since 11 has X25519", e);
    }
  }

  /** {@value #LENGTH} bytes. */
  Bytes publicKey() {
    return publicKey;
  }

  /**
   * The secret shared with the owner of the other key, {@value #LENGTH} bytes.
   *
   * @throws MalformedMessageException if the other key is a point of small order (RFC 7748 §6.1)
   */
  byte[] agree(Bytes other) throws MalformedMessageException {
    try {
      KeyAgreement agreement = KeyAgreement.getInstance("X25519");
      agreement.init(privateKey);
      agreement.doPhase(decode(other), true);
      return agreement.generateSecret();
    } catch (InvalidKeyException e) {
      throw new MalformedMessageException("an X25519 key of small order");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK since 11 has X25519", e);
    }
  }

  private static Bytes encode(XECPublicKey key) {
    byte[] bigEndian = key.getU().toByteArray();
    byte[] encoded = new byte[LENGTH];
    for (int i = 0; i < Math.min(bigEndian.length, LENGTH); i++) {
      encoded[i] = bigEndian[bigEndian.length - 1 - i];
    }
    return Bytes.copyOf(encoded);
  }

  private static PublicKey decode(Bytes encoded) throws GeneralSecurityException {
    byte[] littleEndian = encoded.toArray();
    byte[] bigEndian = new byte[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      bigEndian[i] = littleEndian[LENGTH - 1 - i];
    }
    bigEndian[0] &= 0x7f; // RFC 7748 §5: the highest bit is ignored
    return KeyFactory.getInstance("X25519")
        .generatePublic(
            new XECPublicKeySpec(NamedParameterSpec.X25519, new BigInteger(1, bigEndian)));
  }
}
