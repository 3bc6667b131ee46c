package dev.crust.proto.punch;

import dev.crust.spi.PortAllocation.Pattern;
import dev.crust.spi.Profile;
import dev.crust.spi.Profile.Filtering;
import dev.crust.spi.Profile.Mapping;
import dev.crust.spi.Profile.Outbound;
import dev.crust.spi.Protocol;
import dev.crust.spi.Situation;

/** What a side's situation comes to, for one protocol over IPv4: the rows of {@link Plan}. */
enum Standing {
  /** Strangers get through. */
  OPEN,
  /** One outside address for all, and whoever was sent to at its IP address gets in. */
  LENIENT,
  /** Our own address is seen outside; whether strangers get through is unknown. */
  UNMAPPED,
  /** One outside address for all; only endpoints that were sent to get in. Or unknown. */
  RESTRICTED,
  /** An outside port for each destination, the next in a sequence. */
  SEQUENTIAL,
  /** An outside port for each destination, at random. */
  RANDOM,
  /** Only port 443 can be dialled. */
  ONLY_443,
  /** Nothing goes out. */
  BLOCKED;

  static Standing of(Situation situation, Protocol protocol) {
    Profile profile = situation.profile(protocol);
    if (profile.outbound() == Outbound.BLOCKED) {
      return BLOCKED;
    } else if (profile.isOpen()) {
      return OPEN;
    } else if (profile.outbound() == Outbound.ONLY_443) {
      return ONLY_443;
    }
    return switch (profile.mapping()) {
      case ADDRESS_DEPENDENT, ADDRESS_AND_PORT_DEPENDENT ->
          profile.allocation().pattern() == Pattern.SEQUENTIAL ? SEQUENTIAL : RANDOM;
      case NONE, ENDPOINT_INDEPENDENT, UNKNOWN ->
          switch (filtering(situation, protocol)) {
            case ENDPOINT_INDEPENDENT, ADDRESS_DEPENDENT -> LENIENT;
            case ADDRESS_AND_PORT_DEPENDENT -> RESTRICTED;
            case UNKNOWN -> profile.mapping() == Mapping.NONE ? UNMAPPED : RESTRICTED;
          };
    };
  }

  /**
   * STUN has no test of TCP filtering: a NAT that maps both alike is taken to filter both alike.
   */
  private static Filtering filtering(Situation situation, Protocol protocol) {
    Filtering known = situation.profile(protocol).filtering();
    boolean alike = situation.udp().mapping() == situation.tcp().mapping();
    return known == Filtering.UNKNOWN && protocol == Protocol.TCP && alike
        ? situation.udp().filtering()
        : known;
  }

  /**
   * Whether the mapping may be that of Linux's bare masquerade, which remaps a port once the router
   * itself has taken a packet for it: nothing tells it from a sound one before it breaks.
   */
  static boolean isFragile(Profile profile) {
    return profile.mapping() != Mapping.NONE
        && profile.mapping() != Mapping.ADDRESS_DEPENDENT
        && profile.mapping() != Mapping.ADDRESS_AND_PORT_DEPENDENT
        && (profile.filtering() == Filtering.ADDRESS_AND_PORT_DEPENDENT
            || profile.filtering() == Filtering.UNKNOWN)
        && profile.allocation().pattern() != Pattern.RANDOM;
  }
}
