package dev.crust.natlab.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.natlab.scenario.Link;
import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.Transport;
import dev.crust.natlab.scenario.Unsolicited;
import dev.crust.natlab.verify.Traversal.Outcome;
import dev.crust.proto.punch.UdpPunch.Opener;
import dev.crust.spi.Protocol;
import dev.crust.spi.Situation;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Introduction, plan and punching reach what NATLAB's tables say that simple punching reaches, and
 * try nothing where it reaches nothing: every pair, by UDP and by TCP, 20 seeds a cell.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TraversalTest {
  private static final int SEEDS = 20;

  /** From the offer; lines take 10 ms, so a round trip by the introducer takes 80, or 120. */
  private static final Duration SOON = Duration.ofMillis(350);

  private final Traversal traversal = new Traversal();
  private final Map<Place, Situation> facts = new HashMap<>();

  private Situation facts(Place place) {
    return facts.computeIfAbsent(place, Traversal::facts);
  }

  private Outcome run(PunchMatrix.Pair pair, Unsolicited unsolicited, Opener opener, long seed) {
    return traversal.run(pair, unsolicited, opener, facts(pair.one()), facts(pair.other()), seed);
  }

  static List<PunchMatrix.Pair> pairs() {
    return PunchMatrix.pairs();
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void every_pair(PunchMatrix.Pair pair) {
    boolean expected = PunchMatrix.expected(pair);
    for (long seed = 1; seed <= SEEDS; seed++) {
      Outcome outcome = run(pair, Unsolicited.DROP, Opener.NONE, seed);
      String what = pair + " seed " + seed + "\n" + outcome.explanation();
      assertThat(outcome.connected()).as(what).isEqualTo(expected);
      if (expected) {
        assertThat(outcome.time()).as(what).isLessThan(SOON);
      } else {
        assertThat(outcome.relayReason()).as(what).isPresent();
        assertThat(outcome.spent()).as(what).isZero();
      }
    }
  }

  /** The trap of bare masquerade: a router that takes what is unsolicited. */
  static Stream<PunchMatrix.Pair> fragile() {
    Place linux = Place.of(NatType.LINUX);
    return PunchMatrix.pairs().stream()
        .filter(pair -> pair.transport() == Transport.UDP)
        .filter(pair -> pair.one().equals(linux) || pair.other().equals(linux))
        .filter(PunchMatrix::expected);
  }

  @ParameterizedTest
  @MethodSource("fragile")
  void accepting_routers_spoil_no_mapping(PunchMatrix.Pair pair) {
    for (Opener opener : Opener.values()) {
      for (long seed = 1; seed <= SEEDS; seed++) {
        Outcome outcome = run(pair, Unsolicited.ACCEPT, opener, seed);
        String what = pair + " seed " + seed + " " + opener + "\n" + outcome.explanation();
        assertThat(outcome.connected()).as(what).isTrue();
        assertThat(outcome.rounds()).as(what).isEqualTo(1);
      }
    }
  }

  static Stream<PunchMatrix.Pair> byTcp() {
    return PunchMatrix.pairs().stream()
        .filter(pair -> pair.transport() == Transport.TCP)
        .filter(PunchMatrix::expected);
  }

  @ParameterizedTest
  @MethodSource("byTcp")
  void routers_that_answer_rst(PunchMatrix.Pair pair) {
    unkind(pair, Unsolicited.RST);
  }

  @ParameterizedTest
  @MethodSource("byTcp")
  void routers_that_answer_icmp(PunchMatrix.Pair pair) {
    unkind(pair, Unsolicited.ICMP);
  }

  @ParameterizedTest
  @MethodSource("byTcp")
  void routers_that_accept(PunchMatrix.Pair pair) {
    unkind(pair, Unsolicited.ACCEPT);
  }

  private void unkind(PunchMatrix.Pair pair, Unsolicited unsolicited) {
    int connected = 0;
    String last = "";
    for (long seed = 1; seed <= SEEDS; seed++) {
      Outcome outcome = run(pair, unsolicited, Opener.NONE, seed);
      connected += outcome.connected() ? 1 : 0;
      last = outcome.connected() ? last : "seed " + seed + "\n" + outcome.explanation();
    }
    assertThat(connected).as(pair + " " + last).isGreaterThanOrEqualTo(19);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void two_hosts_of_one_lan_meet_there(Protocol protocol) {
    for (NatType type : List.of(NatType.SYMMETRIC, NatType.PORT_RESTRICTED, NatType.FULL_CONE)) {
      for (Nat nat : List.of(Nat.of(type), Nat.of(type).withHairpin())) {
        for (long seed = 1; seed <= SEEDS; seed++) {
          assertThat(traversal.onLan(nat, facts(Place.of(type)), protocol, seed))
              .as(protocol + " " + nat + " seed " + seed)
              .map(InetSocketAddress::getAddress)
              .hasValueSatisfying(address -> assertThat(address.isSiteLocalAddress()).isTrue());
        }
      }
    }
  }

  /**
   * One packet in twenty lost on each line, by UDP; by TCP against routers that answer RST, with
   * jitter.
   */
  @ParameterizedTest
  @EnumSource(Protocol.class)
  void lines_that_are_not_kind(Protocol protocol) {
    Link line =
        protocol == Protocol.UDP
            ? Link.DEFAULT.withLoss(0.05).withJitter(Duration.ofMillis(5))
            : Link.DEFAULT.withJitter(Duration.ofMillis(5));
    Unsolicited unsolicited = protocol == Protocol.UDP ? Unsolicited.DROP : Unsolicited.RST;
    Nat nat = Nat.of(NatType.PORT_RESTRICTED).withUnsolicited(unsolicited);
    Situation situation = facts(Place.of(NatType.PORT_RESTRICTED));
    int connected = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      Outcome outcome =
          traversal.run(
              List.of(
                  Scenario.home("a", nat).withLink(line), Scenario.home("b", nat).withLink(line)),
              Set.of(protocol),
              Opener.NONE,
              situation,
              situation,
              seed);
      connected += outcome.connected() ? 1 : 0;
    }
    assertThat(connected).isGreaterThanOrEqualTo(19);
  }

  @Test
  void an_ordinary_punch_costs_few_packets() {
    PunchMatrix.Pair pair =
        new PunchMatrix.Pair(
            Transport.UDP, Place.of(NatType.PORT_RESTRICTED), Place.of(NatType.EIM_RANDOM));
    assertThat(run(pair, Unsolicited.DROP, Opener.NONE, 1).spent()).isLessThanOrEqualTo(12);
  }
}
