package dev.crust.proto.punch;

import static dev.crust.spi.Side.CONTROLLED;
import static dev.crust.spi.Side.CONTROLLING;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.nat.SituationCodec;
import dev.crust.proto.punch.Plan.Step;
import dev.crust.spi.Profile.Filtering;
import dev.crust.spi.Profile.Reachability;
import dev.crust.spi.Protocol;
import dev.crust.spi.PunchToken;
import dev.crust.spi.Round;
import dev.crust.spi.Side;
import dev.crust.spi.Situation;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalCandidate.Kind;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of {@link Plan}, row by row; then what does not depend on it. */
class PlanTest {
  private static final Duration RTT = Duration.ofMillis(60);

  /** By UDP and by TCP alike, in either order. */
  @ParameterizedTest
  @CsvSource({
    "OPEN, OPEN, dial",
    "OPEN, FIREWALL, dial",
    "OPEN, FULL_CONE, dial",
    "OPEN, ADDR_RESTRICTED, dial",
    "OPEN, PORT_RESTRICTED, dial",
    "OPEN, EIM_RANDOM, dial",
    "OPEN, NOTHING_KNOWN, dial",
    "OPEN, ADDR_SYMMETRIC, dial",
    "OPEN, SYMMETRIC, dial",
    "OPEN, SYMMETRIC_SEQ, dial",
    "FULL_CONE, FULL_CONE, punch",
    "FULL_CONE, ADDR_RESTRICTED, punch",
    "FULL_CONE, PORT_RESTRICTED, punch",
    "FULL_CONE, NOTHING_KNOWN, punch",
    "FULL_CONE, SYMMETRIC_SEQ, punch",
    "FULL_CONE, SYMMETRIC, punch",
    "ADDR_RESTRICTED, ADDR_RESTRICTED, punch",
    "ADDR_RESTRICTED, FIREWALL, punch",
    "ADDR_RESTRICTED, SYMMETRIC_SEQ, punch",
    "ADDR_RESTRICTED, SYMMETRIC, punch",
    "ADDR_RESTRICTED, ADDR_SYMMETRIC, punch",
    "FIREWALL, FIREWALL, punch",
    "FIREWALL, PORT_RESTRICTED, punch",
    "PORT_RESTRICTED, PORT_RESTRICTED, punch",
    "PORT_RESTRICTED, EIM_RANDOM, punch",
    "EIM_RANDOM, EIM_RANDOM, punch",
    "NOTHING_KNOWN, NOTHING_KNOWN, punch",
    "NOTHING_KNOWN, PORT_RESTRICTED, punch",
    "UNMAPPED, UNMAPPED, punch",
    "UNMAPPED, PORT_RESTRICTED, punch",
    "FULL_CONE, UNMAPPED, punch",
    "OPEN, UNMAPPED, dial",
    "UNMAPPED, SYMMETRIC, dial",
    "UNMAPPED, SYMMETRIC_SEQ, dial",
    "PORT_RESTRICTED, SYMMETRIC_SEQ, sequential-and-restricted",
    "NOTHING_KNOWN, SYMMETRIC_SEQ, sequential-and-restricted",
    "PORT_RESTRICTED, SYMMETRIC, random-and-restricted",
    "EIM_RANDOM, ADDR_SYMMETRIC, random-and-restricted",
    "SYMMETRIC_SEQ, SYMMETRIC_SEQ, sequential-both",
    "SYMMETRIC_SEQ, SYMMETRIC, random-and-sequential",
    "SYMMETRIC, SYMMETRIC, random-both",
    "SYMMETRIC, ADDR_SYMMETRIC, random-both",
  })
  void table(Situations one, Situations other, String expected) {
    for (Protocol protocol : Protocol.values()) {
      assertThat(word(Plan.of(one.at(1), other.at(2), RTT).step(protocol))).isEqualTo(expected);
      assertThat(word(Plan.of(other.at(2), one.at(1), RTT).step(protocol))).isEqualTo(expected);
    }
  }

  private static String word(Step step) {
    if (step instanceof Step.NoWay none) {
      return none.obstacle().toString();
    }
    return step instanceof Step.Dial ? "dial" : "punch";
  }

  @Test
  void the_side_that_cannot_be_reached_dials() {
    Situation open = Situations.OPEN.at(1);
    Situation closed = Situations.SYMMETRIC.at(2);
    assertThat(Plan.of(open, closed, RTT).steps())
        .containsExactly(
            new Step.Dial(Protocol.TCP, CONTROLLED), new Step.Dial(Protocol.UDP, CONTROLLED));
    assertThat(Plan.of(closed, open, RTT).step(Protocol.TCP))
        .isEqualTo(new Step.Dial(Protocol.TCP, CONTROLLING));
    assertThat(Plan.of(open, Situations.OPEN.at(2), RTT).step(Protocol.TCP))
        .isEqualTo(new Step.Dial(Protocol.TCP, CONTROLLING));
  }

  @Test
  void who_was_dialled_back_is_open_whatever_the_nat() {
    Situation mapped = Situations.SYMMETRIC.at(1).with(Protocol.TCP, Reachability.PUBLIC);
    Plan plan = Plan.of(mapped, Situations.SYMMETRIC.at(2), RTT);
    assertThat(plan.steps())
        .containsExactly(
            new Step.Dial(Protocol.TCP, CONTROLLED),
            new Step.NoWay(Protocol.UDP, Obstacle.RANDOM_BOTH, CONTROLLED));
  }

  @Test
  void udp_blocked_goes_by_tcp() {
    Plan plan = Plan.of(Situations.udpBlocked(1), Situations.PORT_RESTRICTED.at(2), RTT);
    assertThat(plan.step(Protocol.UDP))
        .isEqualTo(new Step.NoWay(Protocol.UDP, Obstacle.BLOCKED, CONTROLLING));
    assertThat(plan.punchBy(Protocol.TCP)).isPresent();
    assertThat(plan.relayReason(CONTROLLING)).isEmpty();
  }

  @Test
  void port_443_only_reaches_who_listens_there() {
    Situation closed = Situations.only443(1);
    Situation open = Situations.OPEN.at(2);
    assertThat(Plan.of(closed, open, RTT).step(Protocol.TCP))
        .isEqualTo(new Step.NoWay(Protocol.TCP, Obstacle.ONLY_443, CONTROLLING));
    List<TraversalCandidate> candidates = new ArrayList<>(open.candidates());
    candidates.add(
        new TraversalCandidate(
            Kind.HOST, Protocol.TCP, new InetSocketAddress("198.51.100.2", 443)));
    Situation listening = new Situation(open.udp(), open.tcp(), candidates);
    assertThat(Plan.of(closed, listening, RTT).step(Protocol.TCP))
        .isEqualTo(new Step.Dial(Protocol.TCP, CONTROLLING));
    Plan closedBoth = Plan.of(closed, Situations.PORT_RESTRICTED.at(2), RTT);
    assertThat(closedBoth.relayReason(CONTROLLING).orElseThrow())
        .contains("by tcp: our network lets only port 443 out")
        .contains("by udp: our network lets none of it out");
  }

  @Test
  void relayed_with_a_reason_for_each_side() {
    Plan plan = Plan.of(Situations.PORT_RESTRICTED.at(1), Situations.SYMMETRIC.at(2), RTT);
    assertThat(plan.relayReason(CONTROLLING).orElseThrow())
        .isEqualTo(
            "no direct path exists by tcp: the peer's NAT allocates ports at random for each"
                + " destination, the other one filters by address and port; by udp: the peer's NAT"
                + " allocates ports at random for each destination, the other one filters by"
                + " address and port");
    assertThat(plan.relayReason(CONTROLLED).orElseThrow()).contains("by udp: our NAT");
  }

  @Test
  void tcp_filtering_is_taken_to_be_that_of_udp_where_it_is_unknown() {
    Situation cone = Situations.ADDR_RESTRICTED.at(1);
    Situation asStunSeesIt =
        new Situation(cone.udp(), cone.tcp().with(Filtering.UNKNOWN), cone.candidates());
    assertThat(Plan.of(asStunSeesIt, Situations.SYMMETRIC.at(2), RTT).punchBy(Protocol.TCP))
        .isPresent();
  }

  @Test
  void the_fragile_side_is_ahead_until_the_last_round() {
    Situation fragile = Situations.PORT_RESTRICTED.at(2);
    Step.Punch punch =
        Plan.of(Situations.EIM_RANDOM.at(1), fragile, RTT).punchBy(Protocol.UDP).orElseThrow();
    assertThat(punch.first()).contains(CONTROLLED);
    assertThat(punch.lead()).isEqualTo(Duration.ofMillis(15));
    assertThat(punch.delay(CONTROLLED, 1)).isZero();
    assertThat(punch.delay(CONTROLLING, 1)).isEqualTo(Duration.ofMillis(15));
    assertThat(punch.delay(CONTROLLED, 3)).isEqualTo(Duration.ofMillis(15));
    assertThat(punch.delay(CONTROLLING, 3)).isZero();
  }

  @Test
  void two_fragile_sides_begin_at_once_and_so_does_tcp() {
    Plan plan = Plan.of(Situations.PORT_RESTRICTED.at(1), Situations.PORT_RESTRICTED.at(2), RTT);
    assertThat(plan.punchBy(Protocol.UDP).orElseThrow().first()).isEmpty();
    Plan mixed = Plan.of(Situations.EIM_RANDOM.at(1), Situations.PORT_RESTRICTED.at(2), RTT);
    assertThat(mixed.punchBy(Protocol.TCP).orElseThrow().first()).isEmpty();
  }

  @Test
  void one_outside_address_means_one_lan_perhaps() {
    Situation one = Situations.SYMMETRIC.at(1);
    Plan plan = Plan.of(one, one, RTT);
    for (Protocol protocol : Protocol.values()) {
      Step.Punch punch = plan.punchBy(protocol).orElseThrow();
      assertThat(punch.reaches()).containsExactly(Reach.LAN);
      assertThat(Reach.targets(one, one, protocol, punch.reaches()))
          .containsExactly(Situations.candidate(Kind.HOST, protocol, "10.0.1.1"));
    }
    assertThat(Reach.targets(one, Situations.FIREWALL.at(2), Protocol.UDP, Set.of(Reach.IPV4)))
        .containsExactly(Situations.candidate(Kind.SERVER_REFLEXIVE, Protocol.UDP, "198.51.100.2"));
  }

  @Test
  void ipv6_is_punched_whatever_ipv4_says() {
    Situation one = withIpv6(Situations.SYMMETRIC.at(1), "2001:db8::1");
    Situation other = withIpv6(Situations.SYMMETRIC.at(2), "2001:db8::2");
    Step.Punch punch = Plan.of(one, other, RTT).punchBy(Protocol.UDP).orElseThrow();
    assertThat(punch.reaches()).containsExactly(Reach.IPV6);
    assertThat(Reach.targets(one, other, Protocol.UDP, punch.reaches())).hasSize(1);
  }

  private static Situation withIpv6(Situation situation, String ip) {
    List<TraversalCandidate> candidates = new ArrayList<>(situation.candidates());
    candidates.add(Situations.candidate(Kind.HOST, Protocol.UDP, ip));
    return new Situation(situation.udp(), situation.tcp(), candidates);
  }

  @Test
  void loopback_is_for_those_on_one_host() {
    TraversalCandidate loopback = Situations.candidate(Kind.HOST, Protocol.UDP, "127.0.0.1");
    Situation peer =
        new Situation(Situations.OPEN.profile(), Situations.OPEN.profile(), List.of(loopback));
    Set<Reach> lan = Set.of(Reach.LAN);
    assertThat(Reach.targets(Situations.OPEN.at(1), peer, Protocol.UDP, lan)).isEmpty();
    assertThat(Reach.targets(peer, peer, Protocol.UDP, lan)).containsExactly(loopback);
  }

  @Test
  void no_address_no_way() {
    Situation mute =
        new Situation(
            Situations.PORT_RESTRICTED.profile(), Situations.PORT_RESTRICTED.profile(), List.of());
    assertThat(Plan.of(mute, Situations.FULL_CONE.at(2), RTT).step(Protocol.UDP))
        .isEqualTo(new Step.NoWay(Protocol.UDP, Obstacle.NO_ADDRESS, CONTROLLING));
  }

  @Test
  void both_sides_compute_the_same_plan() throws Exception {
    for (Situation one : Situations.all(1)) {
      for (Situation other : Situations.all(2)) {
        Situation told = SituationCodec.fromWire(SituationCodec.toWire(one));
        Situation heard = SituationCodec.fromWire(SituationCodec.toWire(other));
        assertThat(Plan.of(round(CONTROLLING, one, heard)))
            .isEqualTo(Plan.of(round(CONTROLLED, other, told)));
      }
    }
  }

  private static Round round(Side side, Situation own, Situation peer) {
    return new Round(side, 1, new PunchToken(1, 2), own, peer, RTT, Instant.EPOCH);
  }

  @Test
  void roles_apart_the_order_does_not_matter() {
    for (Situation one : Situations.all(1)) {
      for (Situation other : Situations.all(2)) {
        Plan plan = Plan.of(one, other, RTT);
        Plan mirrored = Plan.of(other, one, RTT);
        for (Protocol protocol : Protocol.values()) {
          assertThat(word(plan.step(protocol))).isEqualTo(word(mirrored.step(protocol)));
        }
        assertThat(plan.punchBy(Protocol.UDP).flatMap(Step.Punch::first).map(Side::other))
            .isEqualTo(mirrored.punchBy(Protocol.UDP).flatMap(Step.Punch::first));
      }
    }
  }

  @Test
  void a_round_is_as_long_as_the_round_trip_asks_within_bounds() {
    assertThat(round(Duration.ofMillis(1))).isEqualTo(Duration.ofMillis(400));
    assertThat(round(Duration.ofMillis(200))).isEqualTo(Duration.ofMillis(800));
    assertThat(round(Duration.ofHours(1))).isEqualTo(Duration.ofMillis(1500));
  }

  private static Duration round(Duration roundTrip) {
    return Plan.of(Situations.EIM_RANDOM.at(1), Situations.EIM_RANDOM.at(2), roundTrip)
        .punchBy(Protocol.UDP)
        .orElseThrow()
        .round();
  }

  @Test
  void sides_follow_from_the_peer_ids() {
    byte[] small = new byte[32];
    byte[] large = new byte[32];
    large[0] = (byte) 0x80;
    assertThat(Side.of(dev.crust.PeerId.of(small), dev.crust.PeerId.of(large)))
        .isEqualTo(CONTROLLING);
    assertThat(Optional.of(CONTROLLING.other())).contains(CONTROLLED);
  }
}
