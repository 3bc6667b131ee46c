package dev.crust.spi;

import dev.crust.PeerId;

/** The two roles of a traversal (RFC 8445 §2.2), fixed by the peer ids. */
public enum Side {
  /** The endpoint with the smaller peer id: picks the path, and is the client of TLS and QUIC. */
  CONTROLLING,
  /** The other one. */
  CONTROLLED;

  /** The role of an endpoint towards a peer. */
  public static Side of(PeerId self, PeerId peer) {
    int order = self.compareTo(peer);
    if (order == 0) {
      throw new IllegalArgumentException("a traversal to oneself");
    }
    return order < 0 ? CONTROLLING : CONTROLLED;
  }

  /** The role of the other endpoint. */
  public Side other() {
    return this == CONTROLLING ? CONTROLLED : CONTROLLING;
  }
}
