package dev.crust;

import java.util.Locale;

/** What carries a path. */
public enum Transport {
  /** TCP with TLS 1.3 on it. */
  TCP,
  /** QUIC (RFC 9000), which is reliable and encrypted over UDP. */
  QUIC;

  /** The name in addresses and on the command line: {@code tcp}, {@code quic}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
