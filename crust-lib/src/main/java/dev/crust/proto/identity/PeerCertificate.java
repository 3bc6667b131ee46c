package dev.crust.proto.identity;

import dev.crust.Identity;
import dev.crust.PeerId;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.Set;

/**
 * A certificate as the libp2p TLS specification has it: self-signed by a one-time P-256 key, with
 * an extension in which the peer's Ed25519 key vouches for that one-time key.
 *
 * @param certificate the certificate
 * @param privateKey the one-time key that it certifies
 */
public record PeerCertificate(X509Certificate certificate, PrivateKey privateKey) {
  /** The libp2p public key extension. */
  private static final String EXTENSION = "1.3.6.1.4.1.53594.1.1";

  private static final String SIGNATURE_ALGORITHM = "SHA256withECDSA";
  private static final byte[] ECDSA_WITH_SHA256 =
      Der.element(Der.SEQUENCE, Der.oid("1.2.840.10045.4.3.2"));

  /** What the Ed25519 key signs, before the one-time key's SubjectPublicKeyInfo. */
  private static final byte[] SIGNED_PREFIX =
      "libp2p-tls-handshake:".getBytes(StandardCharsets.US_ASCII);

  /**
   * The protobuf header of a public key: type Ed25519 (field 1 = 1), data of 32 bytes (field 2).
   */
  private static final byte[] KEY_PREFIX = {0x08, 0x01, 0x12, 0x20};

  /**
   * Critical extensions that change nothing for us: key usage, basic constraints, extended key
   * usage, and ours.
   */
  private static final Set<String> UNDERSTOOD =
      Set.of("2.5.29.15", "2.5.29.19", "2.5.29.37", EXTENSION);

  /**
   * A new certificate for this identity. Valid always: a peer's wrong clock is not our business.
   */
  public static PeerCertificate create(Identity identity, SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), random);
      KeyPair oneTime = generator.generateKeyPair();
      byte[] der = certificate(identity, oneTime, random);
      X509Certificate certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(der));
      return new PeerCertificate(certificate, oneTime.getPrivate());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has ECDSA with P-256", e);
    }
  }

  private static byte[] certificate(Identity identity, KeyPair oneTime, SecureRandom random)
      throws GeneralSecurityException {
    byte[] spki = oneTime.getPublic().getEncoded();
    byte[] signedKey =
        Der.element(
            Der.SEQUENCE,
            Der.element(Der.OCTET_STRING, concat(KEY_PREFIX, identity.peerId().bytes())),
            Der.element(Der.OCTET_STRING, identity.sign(concat(SIGNED_PREFIX, spki))));
    byte[] name =
        Der.element(
            Der.SEQUENCE,
            Der.element(Der.SET, Der.element(Der.SEQUENCE, Der.oid("2.5.4.3"), Der.utf8("peer"))));
    byte[] toBeSigned =
        Der.element(
            Der.SEQUENCE,
            Der.element(Der.context(0), Der.integer(BigInteger.TWO)),
            Der.integer(new BigInteger(63, random).add(BigInteger.ONE)),
            ECDSA_WITH_SHA256,
            name,
            Der.element(
                Der.SEQUENCE,
                Der.generalizedTime("19750101000000Z"),
                Der.generalizedTime("40960101000000Z")),
            name,
            spki,
            Der.element(
                Der.context(3),
                Der.element(
                    Der.SEQUENCE,
                    Der.element(
                        Der.SEQUENCE,
                        Der.oid(EXTENSION),
                        Der.element(Der.OCTET_STRING, signedKey)))));
    Signature signature = Signature.getInstance(SIGNATURE_ALGORITHM);
    signature.initSign(oneTime.getPrivate(), random);
    signature.update(toBeSigned);
    return Der.element(
        Der.SEQUENCE, toBeSigned, ECDSA_WITH_SHA256, Der.bitString(signature.sign()));
  }

  /**
   * Who a certificate chain proves to be at the other end.
   *
   * @param chain what the peer sent
   * @param now the time at which the certificate must be valid
   * @throws CertificateException if it proves nothing; the message says why
   */
  public static PeerId verify(X509Certificate[] chain, Instant now) throws CertificateException {
    if (chain.length != 1) {
      throw new CertificateException(
          "the chain has " + chain.length + " certificates instead of one");
    }
    X509Certificate certificate = chain[0];
    certificate.checkValidity(Date.from(now));
    if (!(certificate.getPublicKey() instanceof ECPublicKey)) {
      throw new CertificateException(
          "the certificate's key is "
              + certificate.getPublicKey().getAlgorithm()
              + " instead of ECDSA");
    }
    Set<String> critical = certificate.getCriticalExtensionOIDs();
    if (critical != null && !UNDERSTOOD.containsAll(critical)) {
      throw new CertificateException("the certificate has a critical extension unknown to us");
    }
    byte[] encoded = certificate.getEncoded();
    if (encoded[encoded.length - certificate.getSignature().length - 1] != 0) {
      // The JDK would mask bits out of the last byte: two encodings of one certificate.
      throw new CertificateException("the certificate's own signature is no whole number of bytes");
    }
    SignedKey signed = signedKey(certificate);
    // The cheap checks are behind us: these two cost half a millisecond each.
    try {
      certificate.verify(certificate.getPublicKey());
    } catch (GeneralSecurityException e) {
      throw new CertificateException("the certificate's own signature is wrong", e);
    }
    byte[] vouched = concat(SIGNED_PREFIX, certificate.getPublicKey().getEncoded());
    if (!Ed25519.verify(signed.peer().bytes(), vouched, bytes(signed.signature()))) {
      throw new CertificateException("the peer's key does not vouch for the certificate's key");
    }
    return signed.peer();
  }

  /**
   * The peer that a certificate names. Proves nothing by itself: only for certificates that passed
   * {@link #verify} in the handshake.
   *
   * @throws CertificateException if it names none
   */
  public static PeerId named(X509Certificate certificate) throws CertificateException {
    return signedKey(certificate).peer();
  }

  private record SignedKey(PeerId peer, ByteBuffer signature) {}

  private static SignedKey signedKey(X509Certificate certificate) throws CertificateException {
    byte[] extension = certificate.getExtensionValue(EXTENSION);
    if (extension == null) {
      throw new CertificateException("the certificate names no peer");
    }
    ByteBuffer outer = Der.read(ByteBuffer.wrap(extension), Der.OCTET_STRING);
    ByteBuffer sequence = Der.read(outer, Der.SEQUENCE);
    byte[] key = bytes(Der.read(sequence, Der.OCTET_STRING));
    ByteBuffer signature = Der.read(sequence, Der.OCTET_STRING);
    if (key.length < 2 || key[0] != KEY_PREFIX[0]) {
      throw new CertificateException("the certificate's extension is not well-formed");
    }
    if (key[1] != KEY_PREFIX[1]) {
      throw new CertificateException(
          "the peer's key is of type " + key[1] + "; only Ed25519 (1) is spoken here");
    }
    int keyAt = KEY_PREFIX.length;
    if (key.length != keyAt + PeerId.LENGTH
        || !Arrays.equals(key, 0, keyAt, KEY_PREFIX, 0, keyAt)) {
      throw new CertificateException("the peer's key is not well-formed");
    }
    return new SignedKey(PeerId.of(Arrays.copyOfRange(key, keyAt, key.length)), signature);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = new byte[first.length + second.length];
    System.arraycopy(first, 0, both, 0, first.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
