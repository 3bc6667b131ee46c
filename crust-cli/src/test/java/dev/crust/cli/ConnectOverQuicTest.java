package dev.crust.cli;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** What is complete does not depend on the transport. */
final class ConnectOverQuicTest extends ConnectTest {
  ConnectOverQuicTest(@TempDir Path home) {
    super(home);
  }

  @Override
  Over over() {
    return Over.QUIC;
  }
}
