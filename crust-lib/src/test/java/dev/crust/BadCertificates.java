package dev.crust;

import dev.crust.proto.identity.PeerCertificate;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.concurrent.TimeUnit;

/** Certificates that a peer may present and must not get in with. */
enum BadCertificates {
  RSA("RSA") {
    @Override
    PeerCertificate make() throws Exception {
      return byKeytool("-keyalg", "RSA", "-keysize", "2048");
    }
  },
  EXPIRED("NotAfter") {
    @Override
    PeerCertificate make() throws Exception {
      return byKeytool(
          "-keyalg", "EC", "-groupname", "secp256r1", "-startdate", "-10d", "-validity", "5");
    }
  },
  NAMELESS("names no peer") {
    @Override
    PeerCertificate make() throws Exception {
      return byKeytool("-keyalg", "EC", "-groupname", "secp256r1");
    }
  },
  BORROWED("vouch") {
    @Override
    PeerCertificate make() throws Exception {
      // The peer id at its place in the DER is replaced by that of somebody else.
      PeerCertificate own = PeerCertificate.create(Identity.ephemeral(), new SecureRandom());
      byte[] der = own.certificate().getEncoded();
      byte[] mine = PeerCertificate.named(own.certificate()).bytes();
      byte[] victim = Identity.ephemeral().peerId().bytes();
      for (int at = 0; at + mine.length <= der.length; at++) {
        if (java.util.Arrays.equals(der, at, at + mine.length, mine, 0, mine.length)) {
          System.arraycopy(victim, 0, der, at, victim.length);
        }
      }
      return new PeerCertificate(parse(der), own.privateKey());
    }

    @Override
    String complaint() {
      return "signature";
    }
  };

  private final String complaint;

  BadCertificates(String complaint) {
    this.complaint = complaint;
  }

  abstract PeerCertificate make() throws Exception;

  /** What the refusal says, in part. */
  String complaint() {
    return complaint;
  }

  private static X509Certificate parse(byte[] der) throws Exception {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
  }

  private static PeerCertificate byKeytool(String... options) throws Exception {
    Path directory = Files.createTempDirectory("bad-certificate");
    Path store = directory.resolve("store.p12");
    try {
      java.util.List<String> command =
          new java.util.ArrayList<>(
              java.util.List.of(
                  System.getProperty("java.home") + "/bin/keytool",
                  "-genkeypair",
                  "-alias",
                  "peer",
                  "-dname",
                  "CN=peer",
                  "-storetype",
                  "PKCS12",
                  "-keystore",
                  store.toString(),
                  "-storepass",
                  "secret"));
      command.addAll(java.util.List.of(options));
      Process keytool =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!keytool.waitFor(30, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
        throw new IllegalStateException("keytool failed");
      }
      KeyStore loaded = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(store)) {
        loaded.load(in, "secret".toCharArray());
      }
      return new PeerCertificate(
          (X509Certificate) loaded.getCertificate("peer"),
          (PrivateKey) loaded.getKey("peer", "secret".toCharArray()));
    } finally {
      Files.deleteIfExists(store);
      Files.delete(directory);
    }
  }
}
