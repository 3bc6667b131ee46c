package dev.crust.proto.relay;

import java.util.Locale;

/**
 * Why a relay does not relay, or not any more: by its number, the code of the RESET that ends a
 * stream.
 */
public enum RelayRefusal {
  /** A reason of a later version. */
  UNKNOWN(0, "it says why in words of a later version"),
  /** It does not relay at all. */
  NOT_OFFERED(1, "it does not relay"),
  /** Nobody of that name is connected to it. */
  NOT_CONNECTED(2, "the peer is not connected to it"),
  /** The one to be reached has not reserved. */
  NO_RESERVATION(3, "the peer does not want to be reached through it"),
  /** To itself, or from a peer to itself. */
  SELF(4, "it cannot relay to itself, nor to the one who asks"),
  /** It has given away all its reservations. */
  TOO_MANY_RESERVATIONS(5, "all its reservations are given away"),
  /** It carries as many circuits as it can. */
  TOO_MANY_CIRCUITS(6, "it carries as many circuits as it can"),
  /** One end of the circuit has as many as it may. */
  TOO_MANY_OF_PEER(7, "one end has as many circuits as it may"),
  /** One IP address has as much as it may. */
  TOO_MANY_FROM_ADDRESS(8, "one IP address has as much as it may"),
  /** More requests in a row than anybody needs. */
  TOO_FAST(9, "it was asked too often"),
  /** The circuit has lasted as long as it may. */
  TIME_SPENT(10, "the circuit has lasted as long as it may"),
  /** The circuit has carried as many bytes as it may. */
  BYTES_SPENT(11, "the circuit has carried as much as it may"),
  /** The circuit's ends did not heed the rate. */
  RATE_EXCEEDED(12, "the circuit was faster than it may"),
  /** The other end has gone. */
  PEER_GONE(13, "the other end has gone"),
  /** One end has closed it. */
  CLOSED(14, "the other end has closed the circuit"),
  /** What was asked is not to be understood. */
  MALFORMED(15, "it did not understand the question");

  private final int code;
  private final String sentence;

  RelayRefusal(int code, String sentence) {
    this.code = code;
    this.sentence = sentence;
  }

  /** The reason of this number, {@link #UNKNOWN} if there is none. */
  public static RelayRefusal of(long code) {
    for (RelayRefusal each : values()) {
      if (each.code == code) {
        return each;
      }
    }
    return UNKNOWN;
  }

  /** Its number on the wire. */
  public int code() {
    return code;
  }

  /** What it means, as a clause without a full stop in which "it" is the relay. */
  public String sentence() {
    return sentence;
  }

  /** The stable name: lower case with hyphens. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
