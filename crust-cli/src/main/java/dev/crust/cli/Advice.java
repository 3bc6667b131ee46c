package dev.crust.cli;

import dev.crust.Reason;

/** What to try when a dial has failed. */
final class Advice {
  private Advice() {}

  /** A clause that follows the reason. */
  static String on(Reason reason) {
    return switch (reason) {
      case REFUSED -> "check that the peer runs and that this is its address now";
      case TIMEOUT -> "check that no firewall is in the way, or give it longer with --timeout";
      case UNREACHABLE -> "check that this host has a network that leads there";
      case NO_CANDIDATES ->
          "give an address with tcp=IP:PORT, as the peer prints it when it starts";
      case NO_RELAY ->
          "give an address with tcp=IP:PORT, or connect to a peer that relays, as with --bootstrap";
      case RELAY_REFUSED -> "check that both sides are connected to one peer that relays";
      case IDENTITY_MISMATCH -> "ask the peer for its address again";
      case NETWORK_MISMATCH -> "give both the same --network";
      case VERSION_MISMATCH -> "bring both to the same version";
      case SELF -> "give another peer's address";
      case HANDSHAKE_FAILED, PROTOCOL_VIOLATION -> "check that a crust endpoint listens there";
      case OVERLOADED -> "try again later";
      default -> "try again";
    };
  }
}
