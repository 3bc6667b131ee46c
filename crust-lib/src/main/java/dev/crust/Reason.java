package dev.crust;

import java.util.Locale;

/**
 * Why a dial failed, a connection ended, or somebody was refused. The order has no meaning.
 *
 * <p>The text form ({@code identity-mismatch}) is stable: it appears on the wire, in JSON and in
 * logs.
 */
public enum Reason {
  /** Nothing listens there, or a firewall answers for it. */
  REFUSED("nothing accepts connections at this address"),
  /** No answer in the time allowed. */
  TIMEOUT("no answer came in the time allowed"),
  /** The network knows no way there. */
  UNREACHABLE("the network knows no way to this address"),
  /** The address holds no candidate that we could try. */
  NO_CANDIDATES("the address names no place to try"),
  /** The address holds no candidate, and no connected peer relays. */
  NO_RELAY("the address names no place to try, and no peer that is connected relays"),
  /** The relay does not carry the connection, or not any more. */
  RELAY_REFUSED("the relay does not carry the connection"),
  /** Another identity answered than the one that was dialled. */
  IDENTITY_MISMATCH("another identity answered than the one that was dialled"),
  /** The peer belongs to a network of another name. */
  NETWORK_MISMATCH("the peer belongs to another network"),
  /** The peer speaks a protocol version that we do not. */
  VERSION_MISMATCH("the peer speaks another protocol version"),
  /** The peer is ourselves. */
  SELF("the peer is this very endpoint"),
  /** A connection to this peer is up already. */
  DUPLICATE("a connection to this peer is up already"),
  /** The peer's certificate or its TLS is not acceptable. */
  HANDSHAKE_FAILED("the TLS handshake failed"),
  /** What came is not our protocol. */
  PROTOCOL_VIOLATION("the other side broke the protocol"),
  /** The other side holds as many connections as it allows. */
  OVERLOADED("there are too many connections"),
  /** The connection was closed on this side. */
  CLOSED("closed on this side"),
  /** The connection was closed by the peer. */
  CLOSED_BY_PEER("closed by the peer"),
  /** The endpoint on this side was closed. */
  ENDPOINT_CLOSED("the endpoint was closed"),
  /** The peer's endpoint was closed. */
  PEER_ENDPOINT_CLOSED("the peer's endpoint was closed"),
  /** The peer's process came back with the same identity and without its memory. */
  PEER_RESTARTED("peer restarted"),
  /** Two processes take turns with one identity. */
  KEY_IN_USE_TWICE("two processes use one identity"),
  /** The path broke. */
  PATH_LOST("the path to the peer broke"),
  /** Another path of the connection has taken over. */
  SUPERSEDED("another path carries the connection"),
  /** A better path came up. */
  BETTER_PATH("a better path came up"),
  /** A path came up after there was none. */
  RESUMED("the connection goes on by a new path"),
  /** The peer fell silent. */
  SILENT("the peer fell silent"),
  /** Another attempt won, or the user gave up. */
  CANCELLED("given up, since another attempt won or nobody waits any more");

  private final String sentence;

  Reason(String sentence) {
    this.sentence = sentence;
  }

  /** What it means, as a clause without a full stop. */
  public String sentence() {
    return sentence;
  }

  /** The stable name: lower case with hyphens. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
