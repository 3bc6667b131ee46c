package dev.crust.proto.punch;

import dev.crust.spi.Protocol;
import dev.crust.spi.Round;
import dev.crust.spi.Side;
import dev.crust.spi.Situation;
import dev.crust.spi.TraversalCandidate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What two sides do to come to a direct path: a pure function of both situations and the measured
 * round trip, so that both compute the same. Everything in it begins at the agreed start.
 *
 * <p>For each protocol, over IPv4, by what stands in each side's way (the table is symmetric):
 *
 * <table>
 * <caption>Rows by one side, columns by the other</caption>
 * <tr><th></th><th>open</th><th>lenient</th><th>unmapped</th><th>restricted</th><th>sequential</th><th>random</th><th>only 443</th><th>blocked</th></tr>
 * <tr><td>open</td><td>dial by the controlling</td><td colspan="5">dial by the other (if the open side asked: connection reversal)</td><td>dial by the other if port 443 is told, else no way</td><td>no way</td></tr>
 * <tr><td>lenient</td><td></td><td>punch</td><td>punch</td><td>punch</td><td>punch</td><td>punch</td><td>no way</td><td>no way</td></tr>
 * <tr><td>unmapped</td><td></td><td></td><td>punch</td><td>punch</td><td colspan="2">dial by the other</td><td>no way</td><td>no way</td></tr>
 * <tr><td>restricted</td><td></td><td></td><td></td><td>punch</td><td>no way (needs prediction)</td><td>no way (needs a birthday punch)</td><td>no way</td><td>no way</td></tr>
 * <tr><td>sequential</td><td></td><td></td><td></td><td></td><td>no way (needs prediction)</td><td>no way</td><td>no way</td><td>no way</td></tr>
 * <tr><td>random</td><td></td><td></td><td></td><td></td><td></td><td>no way</td><td>no way</td><td>no way</td></tr>
 * </table>
 *
 * <p>Open: dialled back with success, or neither mapped nor filtered. Lenient: endpoint-independent
 * mapping, filtering by address at most. Unmapped: its own address is seen outside, its filtering
 * is unknown; so nothing but a dial tells. Restricted: endpoint-independent mapping, filtering by
 * address and port, or unknown. Sequential, random: another port for each destination.
 *
 * <p>Two grounds do not depend on the table: sides with one outside address also try each other's
 * private addresses, and sides that both have a global IPv6 address punch there.
 *
 * <p>Dials come first in the list, TCP before UDP. All steps start at once. No way by any protocol:
 * they stay relayed, and {@link #relayReason} says why.
 *
 * @param steps one for each protocol
 * @param roundTrip the agreed time between the two sides
 */
public record Plan(List<Step> steps, Duration roundTrip) {
  /** As many times is a punch tried, each time after a new agreement on the start. */
  public static final int ROUNDS = 3;

  private static final Duration LEAST_LEAD = Duration.ofMillis(10);

  private static final Duration MOST_LEAD = Duration.ofMillis(100);
  private static final Duration LEAST_UDP_ROUND = Duration.ofMillis(400);
  private static final Duration MOST_UDP_ROUND = Duration.ofMillis(1500);

  /** Refusals are met with further tries for this long. */
  private static final Duration TCP_ROUND = Duration.ofSeconds(3);

  private static final int HTTPS = 443;

  /** What is to be done by one protocol. */
  public sealed interface Step {
    /** The protocol. */
    Protocol protocol();

    /**
     * One side dials the other's addresses.
     *
     * @param dialler the side that dials, although the other may have asked for the connection
     */
    record Dial(Protocol protocol, Side dialler) implements Step {}

    /**
     * Both sides send to each other at once.
     *
     * @param reaches where
     * @param first the side that must be ahead; neither if empty
     * @param lead by how much it is ahead
     * @param round how long a round takes
     */
    record Punch(
        Protocol protocol, Set<Reach> reaches, Optional<Side> first, Duration lead, Duration round)
        implements Step {
      /** Copies the set. */
      public Punch {
        reaches = Set.copyOf(reaches);
      }

      /**
       * How long after the agreed start a side begins. In the last round the roles are swapped: if
       * two rounds failed, the diagnosis behind them may have been wrong.
       *
       * @param number the number of the round, from 1
       */
      public Duration delay(Side side, int number) {
        boolean last = number >= ROUNDS;
        Optional<Side> ahead =
            last ? Optional.of(first.map(Side::other).orElse(Side.CONTROLLED)) : first;
        return ahead.isEmpty() || ahead.get() == side ? Duration.ZERO : lead;
      }
    }

    /**
     * Nothing: there is no direct path.
     *
     * @param whose the side that it lies with, if it lies with one
     */
    record NoWay(Protocol protocol, Obstacle obstacle, Side whose) implements Step {}
  }

  /** Copies the list. */
  public Plan {
    steps = List.copyOf(steps);
  }

  /** The plan of these two; the round trip is that between them, through the introducer. */
  public static Plan of(Situation controlling, Situation controlled, Duration roundTrip) {
    List<Step> steps = new ArrayList<>();
    for (Protocol protocol : List.of(Protocol.TCP, Protocol.UDP)) {
      steps.add(step(protocol, controlling, controlled, roundTrip));
    }
    steps.sort(Comparator.comparingInt(Plan::rank));
    return new Plan(steps, roundTrip);
  }

  /** The plan of a round, as one side computes it. */
  public static Plan of(Round round) {
    return of(round.controlling(), round.controlled(), round.roundTrip());
  }

  /** The peer's addresses that a protocol's step in a round is about, best first. */
  public static List<TraversalCandidate> targets(Round round, Protocol protocol) {
    Set<Reach> reaches =
        of(round).punchBy(protocol).map(Step.Punch::reaches).orElse(Set.of(Reach.IPV4));
    return Reach.targets(round.own(), round.peer(), protocol, reaches);
  }

  private static int rank(Step step) {
    return step instanceof Step.Dial ? 0 : step instanceof Step.Punch ? 1 : 2;
  }

  private static Step step(
      Protocol protocol, Situation controlling, Situation controlled, Duration roundTrip) {
    Step ipv4 = overIpv4(protocol, controlling, controlled);
    if (ipv4 instanceof Step.Dial) {
      return ipv4;
    }
    EnumSet<Reach> reaches = EnumSet.noneOf(Reach.class);
    if (!(ipv4 instanceof Step.NoWay)) {
      reaches.add(Reach.IPV4);
    }
    if (Reach.sameNetwork(controlling, controlled)
        && hasHost(controlling, protocol)
        && hasHost(controlled, protocol)) {
      reaches.add(Reach.LAN);
    }
    if (Reach.IPV6.has(controlling, protocol) && Reach.IPV6.has(controlled, protocol)) {
      reaches.add(Reach.IPV6);
    }
    return reaches.isEmpty() ? ipv4 : punch(protocol, reaches, controlling, controlled, roundTrip);
  }

  private static boolean hasHost(Situation situation, Protocol protocol) {
    return !situation.addresses(TraversalCandidate.Kind.HOST, protocol).isEmpty();
  }

  private static Step punch(
      Protocol protocol,
      Set<Reach> reaches,
      Situation controlling,
      Situation controlled,
      Duration roundTrip) {
    Duration lead = clamp(roundTrip.dividedBy(4), LEAST_LEAD, MOST_LEAD);
    if (protocol == Protocol.TCP) {
      // A lead would keep SYNs from crossing, which routers that answer RST insist on.
      return new Step.Punch(protocol, reaches, Optional.empty(), lead, TCP_ROUND);
    }
    boolean one = Standing.isFragile(controlling.udp());
    boolean other = Standing.isFragile(controlled.udp());
    Optional<Side> first =
        one == other ? Optional.empty() : Optional.of(one ? Side.CONTROLLING : Side.CONTROLLED);
    Duration round = clamp(roundTrip.multipliedBy(4), LEAST_UDP_ROUND, MOST_UDP_ROUND);
    return new Step.Punch(protocol, reaches, first, lead, round);
  }

  private static Duration clamp(Duration value, Duration least, Duration most) {
    return value.compareTo(least) < 0 ? least : value.compareTo(most) > 0 ? most : value;
  }

  /** The table. A punch of it is told by its protocol alone. */
  private static Step overIpv4(Protocol protocol, Situation controlling, Situation controlled) {
    Standing one = Standing.of(controlling, protocol);
    Standing other = Standing.of(controlled, protocol);
    // The less obstructed side first, so that only half of the table is to be written.
    boolean swapped = one.compareTo(other) > 0;
    Standing near = swapped ? other : one;
    Standing far = swapped ? one : other;
    Side nearSide = swapped ? Side.CONTROLLED : Side.CONTROLLING;
    Side farSide = nearSide.other();
    if (far == Standing.BLOCKED) {
      return new Step.NoWay(protocol, Obstacle.BLOCKED, farSide);
    }
    for (Side side : Side.values()) {
      Situation whose = side == Side.CONTROLLING ? controlling : controlled;
      if (!Reach.IPV4.has(whose, protocol) && !(near == Standing.OPEN && side == farSide)) {
        return new Step.NoWay(protocol, Obstacle.NO_ADDRESS, side);
      }
    }
    if (far == Standing.ONLY_443) {
      Situation nearby = nearSide == Side.CONTROLLING ? controlling : controlled;
      boolean listens = nearby.candidates(protocol).stream().anyMatch(Plan::onHttps);
      return near == Standing.OPEN && listens
          ? new Step.Dial(protocol, farSide)
          : new Step.NoWay(protocol, Obstacle.ONLY_443, farSide);
    }
    return switch (near) {
      case OPEN -> new Step.Dial(protocol, far == Standing.OPEN ? Side.CONTROLLING : farSide);
      case LENIENT -> punch(protocol);
      case UNMAPPED ->
          switch (far) {
            case SEQUENTIAL, RANDOM -> new Step.Dial(protocol, farSide);
            default -> punch(protocol);
          };
      case RESTRICTED ->
          switch (far) {
            case SEQUENTIAL ->
                new Step.NoWay(protocol, Obstacle.SEQUENTIAL_AND_RESTRICTED, farSide);
            case RANDOM -> new Step.NoWay(protocol, Obstacle.RANDOM_AND_RESTRICTED, farSide);
            default -> punch(protocol);
          };
      case SEQUENTIAL ->
          new Step.NoWay(
              protocol,
              far == Standing.SEQUENTIAL
                  ? Obstacle.SEQUENTIAL_BOTH
                  : Obstacle.RANDOM_AND_SEQUENTIAL,
              farSide);
      case RANDOM -> new Step.NoWay(protocol, Obstacle.RANDOM_BOTH, farSide);
      case ONLY_443, BLOCKED -> throw new IllegalStateException(near + " is further than " + far);
    };
  }

  private static Step punch(Protocol protocol) {
    return new Step.Punch(
        protocol, Set.of(Reach.IPV4), Optional.empty(), Duration.ZERO, Duration.ZERO);
  }

  private static boolean onHttps(TraversalCandidate candidate) {
    return candidate.address().getPort() == HTTPS;
  }

  /** The step for a protocol. */
  public Step step(Protocol protocol) {
    return steps.stream().filter(each -> each.protocol() == protocol).findFirst().orElseThrow();
  }

  /** The punch by a protocol, if there is to be one. */
  public Optional<Step.Punch> punchBy(Protocol protocol) {
    return step(protocol) instanceof Step.Punch punch ? Optional.of(punch) : Optional.empty();
  }

  /** Why no direct path is tried, as a sentence for one of the sides; empty if one is. */
  public Optional<String> relayReason(Side self) {
    if (!steps.stream().allMatch(Step.NoWay.class::isInstance)) {
      return Optional.empty();
    }
    String reasons =
        steps.stream()
            .map(each -> obstacle(each.protocol(), self).orElseThrow())
            .collect(Collectors.joining("; "));
    return Optional.of("no direct path exists " + reasons);
  }

  /** Why a protocol is not tried, as a clause for one of the sides; empty if it is. */
  public Optional<String> obstacle(Protocol protocol, Side self) {
    return step(protocol) instanceof Step.NoWay it
        ? Optional.of("by %s: %s".formatted(protocol, it.obstacle().sentence(it.whose(), self)))
        : Optional.empty();
  }
}
