package dev.crust;

import dev.crust.io.KeyFile;
import dev.crust.proto.identity.Ed25519;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.util.Optional;

/**
 * An Ed25519 key pair (RFC 8032), which is who an endpoint is. Immutable and thread-safe; never
 * prints its secret.
 */
public final class Identity {
  private final PeerId peerId;
  private final PrivateKey privateKey;
  private final Optional<Path> file;

  private Identity(byte[] seed, Optional<Path> file) {
    this.privateKey = Ed25519.privateKey(seed);
    this.peerId = PeerId.of(Ed25519.publicKey(seed));
    this.file = file;
  }

  /** A new identity that lives in memory only. */
  public static Identity ephemeral() {
    byte[] seed = new byte[Ed25519.SEED_LENGTH];
    new SecureRandom().nextBytes(seed);
    return new Identity(seed, Optional.empty());
  }

  /**
   * The identity in a key file: PKCS#8 in PEM as {@code openssl genpkey -algorithm ed25519} writes
   * it. If the file is absent a new identity is written to it, readable by its owner alone. While
   * an endpoint uses the identity no other endpoint can, in this process or another.
   *
   * @throws KeyFileException if others may read the file, or it is not such a key; the message says
   *     which and where
   * @throws IOException if the file cannot be read or written
   */
  public static Identity load(Path file) throws IOException {
    return new Identity(KeyFile.readOrCreate(file), Optional.of(file.toAbsolutePath()));
  }

  /** The public half. */
  public PeerId peerId() {
    return peerId;
  }

  /** Where the identity is kept; empty if in memory only. */
  public Optional<Path> file() {
    return file;
  }

  /** Signs data with the secret half: 64 bytes. */
  public byte[] sign(byte[] data) {
    return Ed25519.sign(privateKey, data);
  }

  /** The peer id. */
  @Override
  public String toString() {
    return peerId.toString();
  }
}
