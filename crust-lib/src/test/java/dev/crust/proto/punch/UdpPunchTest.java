package dev.crust.proto.punch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.punch.PunchReport.Outcome;
import dev.crust.proto.punch.UdpPunch.Effect;
import dev.crust.proto.punch.UdpPunch.Opener;
import dev.crust.spi.Protocol;
import dev.crust.spi.PunchToken;
import dev.crust.spi.Side;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalCandidate.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class UdpPunchTest {
  private static final Instant T0 = Instant.EPOCH;
  private static final PunchToken TOKEN = new PunchToken(1, 2);
  private static final TraversalCandidate REFLEXIVE =
      Situations.candidate(Kind.SERVER_REFLEXIVE, Protocol.UDP, "198.51.100.2");
  private static final TraversalCandidate HOST =
      Situations.candidate(Kind.HOST, Protocol.UDP, "10.0.0.2");
  private static final Set<InetAddress> VOUCHED = Set.of(REFLEXIVE.address().getAddress());
  private static final Plan.Step.Punch TOGETHER = step(Optional.empty());

  private final PunchBudget budget = new PunchBudget();
  private final UdpPunch punch = punch(Opener.NONE);

  private static Plan.Step.Punch step(Optional<Side> first) {
    return new Plan.Step.Punch(
        Protocol.UDP, Set.of(Reach.IPV4), first, Duration.ofMillis(15), Duration.ofMillis(400));
  }

  private UdpPunch punch(Opener opener) {
    return new UdpPunch(Side.CONTROLLING, TOKEN, opener, budget, new SplittableRandom(1));
  }

  private static Instant at(long millis) {
    return T0.plusMillis(millis);
  }

  private static PunchPacket from(Side side, PunchPacket.Kind kind, long nonce, long echo) {
    return new PunchPacket(kind, side, 1, TOKEN, nonce, echo);
  }

  private static PunchPacket theirs(PunchPacket.Kind kind, long nonce, long echo) {
    return from(Side.CONTROLLED, kind, nonce, echo);
  }

  private static List<String> words(List<Effect> effects) {
    List<String> words = new ArrayList<>();
    for (Effect effect : effects) {
      if (effect instanceof Effect.Send send) {
        words.add(send.packet().kind() + " " + send.to().getPort());
      } else if (effect instanceof Effect.SendOpener send) {
        words.add("OPENER " + send.to().getPort());
      } else if (effect instanceof Effect.Open open) {
        words.add("OPEN " + open.remote().kind() + " " + open.roundTrip().toMillis());
      } else {
        words.add("OVER");
      }
    }
    return words;
  }

  /** Lets time pass until nothing is due up to a time; tells when what was done. */
  private static List<String> play(UdpPunch punch, long until) {
    List<String> words = new ArrayList<>();
    while (!punch.deadline().isAfter(at(until))) {
      Instant due = punch.deadline();
      words.add(Duration.between(T0, due).toMillis() + " " + words(punch.onTimeout(due)));
    }
    return words;
  }

  private static PunchPacket sent(List<Effect> effects) {
    return effects.stream()
        .filter(Effect.Send.class::isInstance)
        .map(each -> ((Effect.Send) each).packet())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void probes_a_vouched_address_until_the_round_is_over() {
    assertThat(punch.onRound(1, at(30), TOGETHER, List.of(REFLEXIVE), VOUCHED, T0)).isEmpty();
    assertThat(play(punch, 1000))
        .containsExactly(
            "30 [PROBE 4001]",
            "70 [PROBE 4001]",
            "150 [PROBE 4001]",
            "310 [PROBE 4001]",
            "445 [OVER]");
    assertThat(punch.deadline()).isEqualTo(Instant.MAX);
    assertThat(punch.report().tries().get(0).outcome()).isEqualTo(Outcome.SILENT);
    assertThat(punch.report().sentence())
        .isEqualTo(
            "punching by udp, round 1 of 3: server-reflexive udp 198.51.100.2:4001: silent,"
                + " 4 packets, 415 ms");
  }

  @Test
  void a_stranger_gets_five_packets_in_three_rounds_and_no_more() {
    for (int round = 1; round <= 3; round++) {
      punch.onRound(
          round, at(1000L * round), TOGETHER, List.of(REFLEXIVE), Set.of(), at(1000L * round));
      play(punch, 1000L * round + 999);
    }
    assertThat(punch.report().packets()).isEqualTo(PunchBudget.STRANGER_PACKETS);
    assertThat(punch.report().flows()).isEqualTo(1);
    assertThat(punch.report().tries().get(0).outcome()).isEqualTo(Outcome.BUDGET_SPENT);

    UdpPunch again = punch(Opener.NONE);
    again.onRound(1, at(5000), TOGETHER, List.of(REFLEXIVE), Set.of(), at(5000));
    play(again, 9000);
    assertThat(again.report().packets()).as("another traversal to it").isZero();
  }

  @Test
  void many_ports_of_one_stranger_share_its_packets() {
    List<TraversalCandidate> ports = new ArrayList<>();
    for (int port = 1; port <= 16; port++) {
      ports.add(
          new TraversalCandidate(
              Kind.SERVER_REFLEXIVE, Protocol.UDP, new InetSocketAddress("198.51.100.2", port)));
    }
    for (int round = 1; round <= 3; round++) {
      punch.onRound(round, at(1000L * round), TOGETHER, ports, Set.of(), at(1000L * round));
      play(punch, 1000L * round + 999);
    }
    assertThat(punch.report().packets()).isLessThanOrEqualTo(PunchBudget.STRANGER_PACKETS);
  }

  @Test
  void opens_when_the_nonce_comes_back() {
    PunchPacket probe = sent(punch.onRound(1, T0, TOGETHER, List.of(REFLEXIVE), VOUCHED, T0));
    List<Effect> effects =
        punch.onPacket(
            REFLEXIVE.address(), theirs(PunchPacket.Kind.ANSWER, 77, probe.nonce()), at(40));
    assertThat(words(effects)).containsExactly("OPEN server-reflexive 40", "CONFIRM 4001");
    assertThat(sent(effects).echo()).isEqualTo(77);
    assertThat(punch.deadline()).isEqualTo(Instant.MAX);
    assertThat(punch.report().tries().get(0).outcome()).isEqualTo(Outcome.WON);
  }

  @Test
  void a_probe_alone_proves_nothing() {
    punch.onRound(1, T0, TOGETHER, List.of(REFLEXIVE), VOUCHED, T0);
    List<Effect> answer =
        punch.onPacket(REFLEXIVE.address(), theirs(PunchPacket.Kind.PROBE, 77, 0), at(20));
    assertThat(words(answer)).containsExactly("ANSWER 4001");
    assertThat(sent(answer).encode()).hasSize(PunchPacket.LENGTH);
    PunchPacket confirm = theirs(PunchPacket.Kind.CONFIRM, 77, sent(answer).nonce());
    assertThat(words(punch.onPacket(REFLEXIVE.address(), confirm, at(60))))
        .containsExactly("OPEN server-reflexive 40");
  }

  @Test
  void a_probe_counts_from_wherever_it_comes() {
    punch.onRound(1, T0, TOGETHER, List.of(REFLEXIVE), VOUCHED, T0);
    InetSocketAddress elsewhere = new InetSocketAddress("198.51.100.2", 33333);
    List<Effect> answer = punch.onPacket(elsewhere, theirs(PunchPacket.Kind.PROBE, 5, 0), at(20));
    assertThat(words(answer)).containsExactly("ANSWER 33333");
    punch.onPacket(elsewhere, theirs(PunchPacket.Kind.CONFIRM, 5, sent(answer).nonce()), at(60));
    // The signalled address might still answer; a better kind gets a short while.
    assertThat(play(punch, 90)).containsExactly("40 [PROBE 4001]", "80 [OPEN peer-reflexive 40]");
  }

  /** The peer is open by then and sends nothing of its own accord; an answer tells it. */
  @Test
  void probes_whoever_came_from_elsewhere_if_the_confirmation_is_lost() {
    punch.onRound(1, T0, TOGETHER, List.of(REFLEXIVE), VOUCHED, T0);
    InetSocketAddress elsewhere = new InetSocketAddress("198.51.100.2", 33333);
    punch.onPacket(elsewhere, theirs(PunchPacket.Kind.PROBE, 5, 0), at(20));
    assertThat(play(punch, 300))
        .containsExactly(
            "40 [PROBE 4001]",
            "120 [PROBE 4001]",
            "140 [PROBE 33333]",
            "280 [PROBE 4001, PROBE 33333]");
  }

  @Test
  void ignores_what_is_forged_or_its_own() {
    PunchPacket probe = sent(punch.onRound(1, T0, TOGETHER, List.of(REFLEXIVE), VOUCHED, T0));
    PunchPacket forged =
        new PunchPacket(
            PunchPacket.Kind.ANSWER, Side.CONTROLLED, 1, new PunchToken(1, 3), 7, probe.nonce());
    assertThat(punch.onPacket(REFLEXIVE.address(), forged, at(1))).isEmpty();
    assertThat(punch.onPacket(REFLEXIVE.address(), probe, at(1))).isEmpty();
    PunchPacket guess = theirs(PunchPacket.Kind.ANSWER, 7, probe.nonce() + 1);
    assertThat(punch.onPacket(REFLEXIVE.address(), guess, at(1))).isEmpty();
    InetSocketAddress stranger = new InetSocketAddress("203.0.113.9", 9);
    PunchPacket unasked = theirs(PunchPacket.Kind.ANSWER, 7, probe.nonce());
    assertThat(punch.onPacket(stranger, unasked, at(1))).isEmpty();
    assertThat(punch.ignored()).isEqualTo(4);
  }

  @Test
  void a_forged_source_gets_few_packets_each_as_small_as_the_forgery() {
    punch.onRound(1, T0, TOGETHER, List.of(REFLEXIVE), VOUCHED, T0);
    int answered = 0;
    for (int i = 0; i < 100; i++) {
      InetSocketAddress victim = new InetSocketAddress("203.0.113.9", 1 + i % 40);
      answered += punch.onPacket(victim, theirs(PunchPacket.Kind.PROBE, i, 0), at(i)).size();
    }
    assertThat(answered).isLessThanOrEqualTo(PunchBudget.STRANGER_PACKETS);
  }

  @Test
  void a_better_address_gets_a_short_while() {
    List<Effect> probes = punch.onRound(1, T0, TOGETHER, List.of(HOST, REFLEXIVE), VOUCHED, T0);
    long toHost = ((Effect.Send) probes.get(0)).packet().nonce();
    long toReflexive = ((Effect.Send) probes.get(1)).packet().nonce();
    assertThat(
            words(
                punch.onPacket(
                    REFLEXIVE.address(), theirs(PunchPacket.Kind.ANSWER, 1, toReflexive), at(2))))
        .containsExactly("CONFIRM 4001");
    assertThat(
            words(
                punch.onPacket(HOST.address(), theirs(PunchPacket.Kind.ANSWER, 1, toHost), at(3))))
        .containsExactly("OPEN host 3", "CONFIRM 4001");
    assertThat(punch.report().tries())
        .extracting(PunchReport.Try::outcome)
        .containsExactly(Outcome.WON, Outcome.WORKS);
  }

  @Test
  void the_side_behind_begins_later() {
    punch.onRound(1, T0, step(Optional.of(Side.CONTROLLED)), List.of(REFLEXIVE), VOUCHED, T0);
    assertThat(play(punch, 60)).containsExactly("15 [PROBE 4001]", "55 [PROBE 4001]");
  }

  @Test
  void opens_before_a_time_is_agreed_on() {
    UdpPunch kind = punch(Opener.LOW_TTL);
    assertThat(words(kind.onIntroduced(1, List.of(REFLEXIVE), VOUCHED, T0)))
        .containsExactly("OPENER 4001");
    assertThat(kind.deadline()).isEqualTo(Instant.MAX);
    kind.onRound(1, at(100), TOGETHER, List.of(REFLEXIVE), VOUCHED, at(70));
    assertThat(play(kind, 150)).containsExactly("100 [PROBE 4001]", "140 [PROBE 4001]");
    play(kind, 1000);
    assertThat(kind.onIntroduced(2, List.of(REFLEXIVE), VOUCHED, at(1000)))
        .as("it is open by now")
        .isEmpty();
    assertThat(punch.onIntroduced(1, List.of(REFLEXIVE), VOUCHED, T0))
        .as("where no TTL can be set")
        .isEmpty();
  }

  @Test
  void goes_on_answering_when_open() {
    PunchPacket probe = sent(punch.onRound(1, T0, TOGETHER, List.of(REFLEXIVE), VOUCHED, T0));
    PunchPacket answer = theirs(PunchPacket.Kind.ANSWER, 1, probe.nonce());
    punch.onPacket(REFLEXIVE.address(), answer, at(40));
    assertThat(
            words(
                punch.onPacket(REFLEXIVE.address(), theirs(PunchPacket.Kind.PROBE, 1, 0), at(50))))
        .containsExactly("ANSWER 4001");
    assertThat(words(punch.onPacket(REFLEXIVE.address(), answer, at(60))))
        .containsExactly("CONFIRM 4001");
  }

  @Test
  void no_more_than_a_hundred_flows_a_second() {
    int opened = 0;
    for (int i = 0; i < 300; i++) {
      InetAddress address =
          new InetSocketAddress("10.1." + i / 200 + "." + i % 200, 1).getAddress();
      opened += budget.opens(address, 5, at(i)) ? 1 : 0;
    }
    assertThat(opened).isBetween(100, 130);
  }

  @Test
  void the_memory_of_the_unanswered_is_bounded_and_refuses_when_full() {
    long refused = 0;
    for (int i = 0; i < 3000; i++) {
      InetAddress address =
          new InetSocketAddress("10.1." + i / 200 + "." + i % 200, 1).getAddress();
      refused += budget.opens(address, 5, at(100L * i)) ? 0 : 1;
    }
    assertThat(refused).isEqualTo(3000 - PunchBudget.MAX_ADDRESSES);
    InetAddress later = new InetSocketAddress("10.2.0.1", 1).getAddress();
    assertThat(budget.opens(later, 5, T0.plus(PunchBudget.MEMORY).plusSeconds(200))).isTrue();
  }
}
