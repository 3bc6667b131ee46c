package dev.crust;

import org.junit.jupiter.api.Tag;

/** Nor does it matter that those it meets could speak TCP with it as well. */
@Tag("full")
final class BadPeerOverAnyTest extends BadPeerTest {
  @Override
  Over over() {
    return Over.ANY;
  }
}
