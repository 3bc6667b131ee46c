package dev.crust.proto.relay;

import java.util.Locale;

/** Why a relay does not relay, or not any more. */
public enum RelayRefusal {
  /** It does not relay at all. */
  NOT_OFFERED,
  /** Nobody of that name is connected to it. */
  NOT_CONNECTED,
  /** The one to be reached has not reserved. */
  NO_RESERVATION,
  /** To itself, or from a peer to itself. */
  SELF,
  /** It has given away all its reservations. */
  TOO_MANY_RESERVATIONS,
  /** It carries as many circuits as it can. */
  TOO_MANY_CIRCUITS,
  /** One end of the circuit has as many as it may. */
  TOO_MANY_OF_PEER,
  /** One IP address has as much as it may. */
  TOO_MANY_FROM_ADDRESS,
  /** More requests in a row than anybody needs. */
  TOO_FAST,
  /** The circuit has lasted as long as it may. */
  TIME_SPENT,
  /** The circuit has carried as many bytes as it may. */
  BYTES_SPENT,
  /** The circuit's ends did not heed the rate. */
  RATE_EXCEEDED,
  /** The other end has gone. */
  PEER_GONE,
  /** One end has closed it. */
  CLOSED,
  /** A reason of a later version. */
  UNKNOWN;

  /** The reason of this name, {@link #UNKNOWN} if there is none. */
  public static RelayRefusal of(String name) {
    for (RelayRefusal each : values()) {
      if (each.toString().equals(name)) {
        return each;
      }
    }
    return UNKNOWN;
  }

  /** The stable name: lower case with hyphens. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
