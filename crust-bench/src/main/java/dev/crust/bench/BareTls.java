package dev.crust.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One P-256 key with a certificate of its own, as endpoints have them, for both ends of a bare
 * pair, which trust anybody. The JDK's keytool makes it, since the JDK has no API that would.
 * Immutable.
 *
 * @param key the private half
 * @param certificate signed by the key itself
 */
record BareTls(PrivateKey key, X509Certificate certificate) {
  private static final String PASSWORD = "changeit";
  private static final String ALIAS = "bare";

  static BareTls create() throws IOException, InterruptedException, GeneralSecurityException {
    Path directory = Files.createTempDirectory("crust-bench");
    Path file = directory.resolve("key.p12");
    try {
      keytool(file, directory.resolve("keytool.txt"));
      KeyStore store = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(file)) {
        store.load(in, PASSWORD.toCharArray());
      }
      return new BareTls(
          (PrivateKey) store.getKey(ALIAS, PASSWORD.toCharArray()),
          (X509Certificate) store.getCertificate(ALIAS));
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(directory.resolve("keytool.txt"));
      Files.deleteIfExists(directory);
    }
  }

  private static void keytool(Path file, Path output) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    // It is over in a second: not worth optimising.
                    "-J-XX:TieredStopAtLevel=1",
                    "-J-XX:+UseSerialGC",
                    "-genkeypair",
                    "-alias",
                    ALIAS,
                    "-keyalg",
                    "EC",
                    "-groupname",
                    "secp256r1",
                    "-dname",
                    "CN=bare",
                    "-validity",
                    "3650",
                    "-storetype",
                    "PKCS12",
                    "-keystore",
                    file.toString(),
                    "-storepass",
                    PASSWORD))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException("keytool did not end within a minute");
    }
    if (process.exitValue() != 0) {
      throw new IOException("keytool failed: " + Files.readString(output).strip());
    }
  }
}
