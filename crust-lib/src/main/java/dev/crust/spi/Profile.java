package dev.crust.spi;

import java.util.Locale;

/**
 * What stands between an endpoint and the Internet for one protocol, in the words of RFC 4787.
 *
 * @param outbound what is let out
 * @param mapping how inside addresses are mapped
 * @param filtering what is let in to a mapping
 * @param allocation how outside ports are chosen
 * @param reachability what peers found who dialled back
 */
public record Profile(
    Outbound outbound,
    Mapping mapping,
    Filtering filtering,
    PortAllocation allocation,
    Reachability reachability) {

  /** Where packets of one protocol may go from an endpoint's network. */
  public enum Outbound {
    /** Everywhere. */
    FREE,
    /** To port 443 alone. */
    ONLY_443,
    /** Nowhere. */
    BLOCKED,
    /** Too little was seen. */
    UNKNOWN
  }

  /** RFC 4787 §4.1, RFC 5780 §4.3. */
  public enum Mapping {
    /** Our own address is the one that the server sees. */
    NONE,
    /** One outside endpoint for all destinations. */
    ENDPOINT_INDEPENDENT,
    /** Another one for each destination address. */
    ADDRESS_DEPENDENT,
    /** Another one for each destination address and port. */
    ADDRESS_AND_PORT_DEPENDENT,
    /** Too little was seen. */
    UNKNOWN
  }

  /** RFC 4787 §5, RFC 5780 §4.4. */
  public enum Filtering {
    /** Anybody may answer. */
    ENDPOINT_INDEPENDENT,
    /** Only addresses that we sent to. */
    ADDRESS_DEPENDENT,
    /** Only endpoints that we sent to. */
    ADDRESS_AND_PORT_DEPENDENT,
    /** Too little was seen. */
    UNKNOWN
  }

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

  /** The largest step of a sequential allocation that is told, in either direction. */
  public static final int MAX_DELTA = 4096;

  /** Nothing is known. */
  public static final Profile UNKNOWN =
      new Profile(
          Outbound.UNKNOWN,
          Mapping.UNKNOWN,
          Filtering.UNKNOWN,
          PortAllocation.UNKNOWN,
          Reachability.UNKNOWN);

  /** Nothing is let out. */
  public static final Profile BLOCKED =
      new Profile(
          Outbound.BLOCKED,
          Mapping.UNKNOWN,
          Filtering.UNKNOWN,
          PortAllocation.UNKNOWN,
          Reachability.BLOCKED);

  /** A sequence with steps too large to be of use is none. */
  public Profile {
    if (Math.abs(allocation.delta()) > MAX_DELTA) {
      allocation = PortAllocation.RANDOM;
    }
  }

  /** This, with what peers found who dialled back. */
  public Profile with(Reachability found) {
    return new Profile(outbound, mapping, filtering, allocation, found);
  }

  /** This, with what else was found about filtering, such as by a peer's dialling back by TCP. */
  public Profile with(Filtering found) {
    return new Profile(outbound, mapping, found, allocation, reachability);
  }

  /** Whether strangers get through: peers found so, or nothing maps and nothing filters. */
  public boolean isOpen() {
    return reachability == Reachability.PUBLIC
        || (mapping == Mapping.NONE && filtering == Filtering.ENDPOINT_INDEPENDENT);
  }
}
