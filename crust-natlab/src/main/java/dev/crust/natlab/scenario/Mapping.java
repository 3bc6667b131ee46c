package dev.crust.natlab.scenario;

/** What an outside port of a NAT is shared by (RFC 4787 §4.1), UDP and TCP alike. */
public enum Mapping {
  /** The router does not translate: hosts behind it have public addresses. */
  NONE,
  /** One outside port for each inside address and port. */
  ENDPOINT_INDEPENDENT,
  /** One for each inside address and port and each remote address. */
  ADDRESS_DEPENDENT,
  /** One for each inside address and port and each remote address and port. */
  ADDRESS_AND_PORT_DEPENDENT
}
