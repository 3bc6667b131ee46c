package dev.crust.proto.nat;

import java.util.Locale;

/** Whether others reach an endpoint without its doing, as peers found who dialled back. */
public enum Reachability {
  /** Whoever dials gets through. */
  PUBLIC,
  /** Who was not sent to gets nothing through, but there is an outside address to punch at. */
  PUNCHABLE,
  /** Nothing goes out either. */
  BLOCKED,
  /** Too little was seen. */
  UNKNOWN;

  /** The name in lower case. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
