package dev.crust.natlab.scenario;

/** What a router lets out. What it does not is dropped without an answer. */
public enum Outbound {
  /** Everything. */
  ALL,
  /** TCP alone: no UDP and no ICMP. */
  TCP,
  /** TCP to port 443 alone. */
  TCP_443
}
