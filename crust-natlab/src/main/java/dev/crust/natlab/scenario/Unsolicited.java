package dev.crust.natlab.scenario;

/** What a router does to packets from outside that it lets in to nobody. */
public enum Unsolicited {
  /** Drops them in silence: the kind router. */
  DROP,
  /** Answers TCP with RST and UDP with ICMP port unreachable. */
  RST,
  /** Answers with ICMP port unreachable, TCP too. */
  ICMP,
  /**
   * Takes them for itself, where nothing listens: RST and ICMP port unreachable, and on a {@link
   * NatType#LINUX} router the connection-tracking entry that spoils the punched port.
   */
  ACCEPT
}
