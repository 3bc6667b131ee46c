package dev.crust;

import java.util.Locale;

/** What carries a path. */
public enum Transport {
  /** TCP with TLS 1.3 on it. */
  TCP;

  /** The name in addresses and on the command line: {@code tcp}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
