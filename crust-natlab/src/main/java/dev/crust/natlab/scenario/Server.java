package dev.crust.natlab.scenario;

/** A server that the lab itself runs on a public host. */
public enum Server {
  /**
   * coturn on ports 3478 and 3479 of both addresses: STUN (RFC 5780) and TURN, UDP and TCP. User
   * {@code lab}, password {@code lab}, realm {@code natlab}.
   */
  COTURN
}
