package dev.crust.io;

import dev.crust.Identity;
import dev.crust.proto.identity.PeerCertificate;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Certificates that a peer may present and must not get in with. */
public enum BadCertificates {
  RSA("RSA") {
    @Override
    public PeerCertificate make() throws Exception {
      return byKeytool("-keyalg", "RSA", "-keysize", "2048");
    }
  },
  EXPIRED("NotAfter") {
    @Override
    public PeerCertificate make() throws Exception {
      return byKeytool(
          "-keyalg", "EC", "-groupname", "secp256r1", "-startdate", "-10d", "-validity", "5");
    }
  },
  NAMELESS("names no peer") {
    @Override
    public PeerCertificate make() throws Exception {
      return byKeytool("-keyalg", "EC", "-groupname", "secp256r1");
    }
  },
  BORROWED("vouch") {
    @Override
    public PeerCertificate make() throws Exception {
      // The peer id at its place in the DER is replaced by that of somebody else.
      PeerCertificate own = PeerCertificate.create(Identity.ephemeral(), new SecureRandom());
      byte[] der = own.certificate().getEncoded();
      byte[] mine = PeerCertificate.named(own.certificate()).bytes();
      byte[] victim = Identity.ephemeral().peerId().bytes();
      for (int at = 0; at + mine.length <= der.length; at++) {
        if (Arrays.equals(der, at, at + mine.length, mine, 0, mine.length)) {
          System.arraycopy(victim, 0, der, at, victim.length);
        }
      }
      return new PeerCertificate(parse(der), own.privateKey());
    }

    @Override
    public String complaint() {
      return "signature";
    }
  },
  /** As before, but whole: only the peer's key can tell. */
  BORROWED_AND_SIGNED("vouch") {
    @Override
    public PeerCertificate make() throws Exception {
      return withKey(PEER_KEY, Identity.ephemeral().peerId().bytes());
    }
  },
  /** Kinds of keys that libp2p has beside ours. */
  RSA_PEER("the peer's key is of type 0") {
    @Override
    public PeerCertificate make() throws Exception {
      return withKey(0, new byte[0]);
    }
  },
  SECP256K1_PEER("the peer's key is of type 2") {
    @Override
    public PeerCertificate make() throws Exception {
      return withKey(2, new byte[0]);
    }
  },
  ECDSA_PEER("the peer's key is of type 3") {
    @Override
    public PeerCertificate make() throws Exception {
      return withKey(3, new byte[0]);
    }
  };

  private static final int PEER_KEY = 1;

  /** AlgorithmIdentifier ecdsa-with-SHA256 (RFC 5758 §3.2). */
  private static final byte[] ECDSA_WITH_SHA256 =
      HexFormat.of().parseHex("300a06082a8648ce3d040302");

  private final String complaint;

  BadCertificates(String complaint) {
    this.complaint = complaint;
  }

  /** Makes one. */
  public abstract PeerCertificate make() throws Exception;

  /** What the refusal says, in part. */
  public String complaint() {
    return complaint;
  }

  /** One of ours with another kind of peer's key, and other bytes in it, signed anew. */
  private static PeerCertificate withKey(int type, byte[] id) throws Exception {
    PeerCertificate own = PeerCertificate.create(Identity.ephemeral(), new SecureRandom());
    byte[] body = own.certificate().getTBSCertificate();
    byte[] mine = PeerCertificate.named(own.certificate()).bytes();
    for (int at = 0; at + mine.length <= body.length; at++) {
      if (Arrays.equals(body, at, at + mine.length, mine, 0, mine.length)) {
        // Before the key's bytes are 08 TYPE 12 20.
        body[at - 3] = (byte) type;
        System.arraycopy(id, 0, body, at, id.length);
      }
    }
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(own.privateKey());
    signature.update(body);
    byte[] signed = signature.sign();
    int length = body.length + ECDSA_WITH_SHA256.length + 3 + signed.length;
    ByteBuffer der = ByteBuffer.allocate(4 + length);
    der.put((byte) 0x30).put((byte) 0x82).putShort((short) length);
    der.put(body).put(ECDSA_WITH_SHA256);
    der.put((byte) 0x03).put((byte) (signed.length + 1)).put((byte) 0).put(signed);
    return new PeerCertificate(parse(der.array()), own.privateKey());
  }

  private static X509Certificate parse(byte[] der) throws Exception {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
  }

  private static PeerCertificate byKeytool(String... options) throws Exception {
    Path directory = Files.createTempDirectory("bad-certificate");
    Path store = directory.resolve("store.p12");
    try {
      List<String> command =
          new ArrayList<>(
              List.of(
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
      command.addAll(List.of(options));
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
