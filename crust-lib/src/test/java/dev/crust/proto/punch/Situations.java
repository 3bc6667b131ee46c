package dev.crust.proto.punch;

import dev.crust.spi.PortAllocation;
import dev.crust.spi.PortAllocation.Pattern;
import dev.crust.spi.Profile;
import dev.crust.spi.Profile.Filtering;
import dev.crust.spi.Profile.Mapping;
import dev.crust.spi.Profile.Outbound;
import dev.crust.spi.Profile.Reachability;
import dev.crust.spi.Protocol;
import dev.crust.spi.Situation;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalCandidate.Kind;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** Situations by the names of NATs. */
enum Situations {
  OPEN(Mapping.NONE, Filtering.ENDPOINT_INDEPENDENT, Pattern.PRESERVED),
  FIREWALL(Mapping.NONE, Filtering.ADDRESS_AND_PORT_DEPENDENT, Pattern.PRESERVED),
  FULL_CONE(Mapping.ENDPOINT_INDEPENDENT, Filtering.ENDPOINT_INDEPENDENT, Pattern.PRESERVED),
  ADDR_RESTRICTED(Mapping.ENDPOINT_INDEPENDENT, Filtering.ADDRESS_DEPENDENT, Pattern.PRESERVED),
  PORT_RESTRICTED(
      Mapping.ENDPOINT_INDEPENDENT, Filtering.ADDRESS_AND_PORT_DEPENDENT, Pattern.PRESERVED),
  EIM_RANDOM(Mapping.ENDPOINT_INDEPENDENT, Filtering.ADDRESS_AND_PORT_DEPENDENT, Pattern.RANDOM),
  UNMAPPED(Mapping.NONE, Filtering.UNKNOWN, Pattern.UNKNOWN),
  NOTHING_KNOWN(Mapping.UNKNOWN, Filtering.UNKNOWN, Pattern.UNKNOWN),
  ADDR_SYMMETRIC(Mapping.ADDRESS_DEPENDENT, Filtering.ADDRESS_AND_PORT_DEPENDENT, Pattern.RANDOM),
  SYMMETRIC(
      Mapping.ADDRESS_AND_PORT_DEPENDENT, Filtering.ADDRESS_AND_PORT_DEPENDENT, Pattern.RANDOM),
  SYMMETRIC_SEQ(
      Mapping.ADDRESS_AND_PORT_DEPENDENT, Filtering.ADDRESS_AND_PORT_DEPENDENT, Pattern.SEQUENTIAL);

  private final Mapping mapping;
  private final Filtering filtering;
  private final Pattern pattern;

  Situations(Mapping mapping, Filtering filtering, Pattern pattern) {
    this.mapping = mapping;
    this.filtering = filtering;
    this.pattern = pattern;
  }

  Profile profile() {
    PortAllocation allocation = new PortAllocation(pattern, pattern == Pattern.SEQUENTIAL ? 1 : 0);
    return new Profile(Outbound.FREE, mapping, filtering, allocation, Reachability.UNKNOWN);
  }

  /** With a host candidate at 10.0.N.1 and a server-reflexive one at 198.51.100.N. */
  Situation at(int number) {
    return situation(profile(), profile(), number);
  }

  static Situation udpBlocked(int number) {
    Profile tcp = PORT_RESTRICTED.profile().with(Filtering.UNKNOWN);
    return situation(Profile.BLOCKED, tcp, number);
  }

  static Situation only443(int number) {
    Profile tcp =
        new Profile(
            Outbound.ONLY_443,
            Mapping.ENDPOINT_INDEPENDENT,
            Filtering.UNKNOWN,
            PortAllocation.PRESERVED,
            Reachability.UNKNOWN);
    return situation(Profile.BLOCKED, tcp, number);
  }

  static List<Situation> all(int number) {
    List<Situation> all = new ArrayList<>();
    for (Situations each : values()) {
      all.add(each.at(number));
    }
    all.add(udpBlocked(number));
    all.add(only443(number));
    return all;
  }

  private static Situation situation(Profile udp, Profile tcp, int number) {
    List<TraversalCandidate> candidates = new ArrayList<>();
    for (Protocol protocol : Protocol.values()) {
      candidates.add(candidate(Kind.HOST, protocol, "10.0." + number + ".1"));
      candidates.add(candidate(Kind.SERVER_REFLEXIVE, protocol, "198.51.100." + number));
    }
    return new Situation(udp, tcp, candidates);
  }

  static TraversalCandidate candidate(Kind kind, Protocol protocol, String ip) {
    return new TraversalCandidate(kind, protocol, new InetSocketAddress(ip, 4001));
  }
}
