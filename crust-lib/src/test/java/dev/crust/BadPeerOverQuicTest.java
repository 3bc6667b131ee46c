package dev.crust;

import org.junit.jupiter.api.Tag;

/** What it does to break the rules, a peer may do over QUIC just as well. */
@Tag("full")
final class BadPeerOverQuicTest extends BadPeerTest {
  @Override
  Over over() {
    return Over.QUIC;
  }
}
