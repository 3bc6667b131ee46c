package dev.crust.driver;

import dev.crust.Reason;
import java.util.Arrays;

/** Reasons on their way from the peer to the user. */
final class Reasons {
  private Reasons() {}

  /** What the peer's reason for a Close means on this side. */
  static Reason fromPeer(String name) {
    Reason told =
        Arrays.stream(Reason.values())
            .filter(reason -> reason.toString().equals(name))
            .findFirst()
            .orElse(Reason.CLOSED);
    return switch (told) {
      case CLOSED -> Reason.CLOSED_BY_PEER;
      case ENDPOINT_CLOSED -> Reason.PEER_ENDPOINT_CLOSED;
      default -> told;
    };
  }
}
