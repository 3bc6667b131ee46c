package dev.crust.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.Identity;
import dev.crust.IdentityInUseException;
import dev.crust.KeyFileException;
import java.io.Closeable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file that holds an identity. */
final class KeyFileTest {
  private final Path directory;

  KeyFileTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private Path file() {
    return directory.resolve("deep/er/identity");
  }

  @Test
  void madeOnceForItsOwnerAlone() throws Exception {
    Identity made = Identity.load(file());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
    assertThat(Identity.load(file()).peerId()).isEqualTo(made.peerId());
  }

  @Test
  void openToOthers() throws Exception {
    Identity.load(file());
    Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-r-----"));
    refused("open to others");
  }

  @Test
  void truncated() throws Exception {
    Identity.load(file());
    String pem = Files.readString(file());
    Files.writeString(file(), pem.substring(0, pem.length() - 40));
    refused("truncated");
    Files.writeString(file(), pem.replaceFirst("\n[^\n]{8}", "\n"));
    refused("Ed25519");
  }

  @Test
  void noKey() throws Exception {
    Identity.load(file());
    Files.writeString(file(), "hello\n");
    refused("no private key");
    Files.writeString(file(), "x".repeat(5000));
    refused("too large");
  }

  @Test
  void aDirectory() throws Exception {
    Files.createDirectories(file());
    refused("is a directory");
  }

  /** As {@code openssl genpkey -algorithm ed25519} writes it; the key of RFC 8410 §10.3. */
  @Test
  void writtenByOthers() throws Exception {
    Identity.load(file());
    Files.writeString(
        file(),
        """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
        -----END PRIVATE KEY-----
        """);
    assertThat(Identity.load(file()).peerId().bytes())
        .startsWith(0x19, 0xbf, 0x44, 0x09, 0x69, 0x84, 0xcd, 0xfe);
  }

  @Test
  void lockedWhileInUse() throws Exception {
    Identity.load(file());
    try (Closeable lock = KeyFile.lock(file())) {
      assertThat(lock).isNotNull();
      assertThatThrownBy(() -> KeyFile.lock(file())).isInstanceOf(IdentityInUseException.class);
      Identity.load(file());
    }
    KeyFile.lock(file()).close();
  }

  private void refused(String why) {
    assertThatThrownBy(() -> Identity.load(file()))
        .isInstanceOf(KeyFileException.class)
        .hasMessageContaining(file().toString())
        .hasMessageContaining(why);
  }
}
