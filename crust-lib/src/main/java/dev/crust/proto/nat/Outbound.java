package dev.crust.proto.nat;

/** Where packets of one protocol may go from an endpoint's network. */
public enum Outbound {
  /** Everywhere. */
  FREE,
  /** To port 443 alone. */
  ONLY_443,
  /** Nowhere. */
  BLOCKED,
  /** Too little was seen. */
  UNKNOWN
}
