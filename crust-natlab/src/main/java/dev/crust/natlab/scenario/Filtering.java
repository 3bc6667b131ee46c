package dev.crust.natlab.scenario;

/** Whose packets a router lets in (RFC 4787 §5), UDP and TCP alike. */
public enum Filtering {
  /** Everybody's, also without anything sent out before. */
  NONE,
  /** Everybody's, to a port that is mapped. */
  ENDPOINT_INDEPENDENT,
  /** Those of remote addresses that the mapped port has sent to. */
  ADDRESS_DEPENDENT,
  /** Those of remote addresses and ports that the mapped port has sent to. */
  ADDRESS_AND_PORT_DEPENDENT
}
