package dev.crust;

/** What it does to break the rules, a peer may do over QUIC just as well. */
final class BadPeerOverQuicTest extends BadPeerTest {
  @Override
  Over over() {
    return Over.QUIC;
  }
}
