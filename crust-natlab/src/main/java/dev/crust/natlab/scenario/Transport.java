package dev.crust.natlab.scenario;

/** What a packet filter looks for. */
public enum Transport {
  UDP,
  TCP,
  /** Any packet, whatever it carries. */
  ALL
}
