package dev.crust.cli;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Nor does it matter that the transport may change on the way. */
@Tag("full")
final class ConnectOverAnyTest extends ConnectTest {
  ConnectOverAnyTest(@TempDir Path home) {
    super(home);
  }

  @Override
  Over over() {
    return Over.ANY;
  }
}
