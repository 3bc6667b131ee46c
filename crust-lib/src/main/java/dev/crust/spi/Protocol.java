package dev.crust.spi;

import java.util.Locale;

/** What NATs tell apart: the protocol above IP. */
public enum Protocol {
  /** UDP, on which QUIC runs. */
  UDP,
  /** TCP. */
  TCP;

  /** The name in lower case. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
