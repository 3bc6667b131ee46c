package dev.crust;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * One authenticated transport route under a connection, as it was when asked for.
 *
 * @param transport what carries it
 * @param method how it came about
 * @param local our end
 * @param remote the peer's end, as we see it; the relay's if the path is relayed
 * @param relay the peer that relays it; empty unless the path is relayed
 * @param traversal the name of the traversal method that has brought it; empty unless its method is
 *     {@link Method#OTHER}
 * @param roundTrip the round-trip time measured last, empty before the first measurement
 */
public record Path(
    Transport transport,
    Method method,
    InetSocketAddress local,
    InetSocketAddress remote,
    Optional<PeerId> relay,
    Optional<String> traversal,
    Optional<Duration> roundTrip) {

  /** How a path came about. */
  public enum Method {
    /** To an address of the same machine or of a private network. */
    HOST,
    /** To an address of the public network. */
    DIRECT,
    /**
     * Dialled by the side that did not begin the connection, which went by a relay so far, because
     * the other way round there is none (connection reversal).
     */
    REVERSED,
    /** Through NATs or firewalls, by packets that both sides sent at an agreed time. */
    PUNCHED,
    /** By what a traversal method has brought that was added to the library. */
    OTHER,
    /** Through a peer that relays, encrypted from end to end. */
    RELAYED;

    /** The method by which a plain dial reaches this address. */
    public static Method of(InetSocketAddress remote) {
      var ip = remote.getAddress();
      boolean uniqueLocal = ip.getAddress().length == 16 && (ip.getAddress()[0] & 0xfe) == 0xfc;
      return ip.isLoopbackAddress()
              || ip.isLinkLocalAddress()
              || ip.isSiteLocalAddress()
              || uniqueLocal
          ? HOST
          : DIRECT;
    }

    /** The stable name: lower case. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * For people: {@code tcp direct 198.51.100.10:4001}, {@code tcp relayed by PEERID}, {@code tcp by
   * http-connect 198.51.100.10:4001}.
   */
  @Override
  public String toString() {
    return transport
        + " "
        + traversal.map(name -> "by " + name).orElseGet(method::toString)
        + " "
        + relay.map(peer -> "by " + peer).orElseGet(() -> IpText.format(remote));
  }
}
