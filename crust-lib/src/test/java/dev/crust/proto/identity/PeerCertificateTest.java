package dev.crust.proto.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.Identity;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Certificates of peers, the libp2p TLS specification's vectors among them. */
final class PeerCertificateTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void theSpecificationsGoodCertificate() throws Exception {
    assertThat(PeerCertificate.verify(chain(vector("ed25519")), NOW).bytes())
        .isEqualTo(
            HexFormat.of()
                .parseHex("a77f1d92fedb59dddaea5a1c4abd1ac2fbde7d7b879ed364501809923d7c11b9"));
  }

  @Test
  void keysOfTypesThatAreNotSpokenHere() throws Exception {
    refused(vector("ecdsa"), "the peer's key is of type 3");
    refused(vector("secp256k1"), "the peer's key is of type 2");
  }

  @Test
  void theSpecificationsBadCertificate() throws Exception {
    refused(vector("invalid"), "the peer's key is of type 3");
  }

  @Test
  void oursNameTheirMaker() throws Exception {
    Identity identity = Identity.ephemeral();
    X509Certificate certificate = ours(identity);
    assertThat(PeerCertificate.verify(chain(certificate), NOW)).isEqualTo(identity.peerId());
    assertThat(PeerCertificate.named(certificate)).isEqualTo(identity.peerId());
    assertThat(certificate.getEncoded().length).isLessThan(450);
  }

  @Test
  void twoCertificates() throws Exception {
    X509Certificate one = ours(Identity.ephemeral());
    assertThatThrownBy(() -> PeerCertificate.verify(new X509Certificate[] {one, one}, NOW))
        .isInstanceOf(CertificateException.class)
        .hasMessageContaining("2 certificates");
  }

  @Test
  void outOfItsTime() throws Exception {
    X509Certificate certificate = ours(Identity.ephemeral());
    assertThatThrownBy(
            () -> PeerCertificate.verify(chain(certificate), Instant.parse("1970-01-01T00:00:00Z")))
        .isInstanceOf(CertificateException.class);
  }

  /** One bit of a good certificate is turned: it does not parse, or proves nothing. */
  @Test
  void turnedBits() throws Exception {
    byte[] good = ours(Identity.ephemeral()).getEncoded();
    Random random = new Random(4);
    for (int round = 0; round < 400; round++) {
      byte[] bad = good.clone();
      bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
      assertThatThrownBy(() -> PeerCertificate.verify(chain(parse(bad)), NOW))
          .as("round %d", round)
          .isInstanceOf(CertificateException.class);
    }
  }

  /** The JDK masks unused bits out of a signature, so one that ends in zeros has several forms. */
  @Test
  void aSignatureHasOneForm() throws Exception {
    byte[] good;
    byte[] signature;
    int tries = 0;
    do {
      X509Certificate made = ours(Identity.ephemeral());
      good = made.getEncoded();
      signature = made.getSignature();
    } while ((signature[signature.length - 1] & 1) != 0 && tries++ < 100);
    good[good.length - signature.length - 1] = 1;
    refused(parse(good), "no whole number of bytes");
  }

  private static void refused(X509Certificate certificate, String why) {
    assertThatThrownBy(() -> PeerCertificate.verify(chain(certificate), NOW))
        .isInstanceOf(CertificateException.class)
        .hasMessageContaining(why);
  }

  private static X509Certificate ours(Identity identity) {
    return PeerCertificate.create(identity, new SecureRandom()).certificate();
  }

  private static X509Certificate[] chain(X509Certificate certificate) {
    return new X509Certificate[] {certificate};
  }

  private static X509Certificate vector(String name) throws IOException, CertificateException {
    try (InputStream in = PeerCertificateTest.class.getResourceAsStream(name + ".hex")) {
      if (in == null) {
        throw new IOException("no vector " + name);
      }
      String hex = new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip();
      return parse(HexFormat.of().parseHex(hex));
    }
  }

  private static X509Certificate parse(byte[] der) throws CertificateException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
  }
}
