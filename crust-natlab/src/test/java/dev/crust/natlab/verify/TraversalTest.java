package dev.crust.natlab.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.natlab.scenario.Link;
import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.Transport;
import dev.crust.natlab.scenario.Unsolicited;
import dev.crust.natlab.verify.Traversal.Outcome;
import dev.crust.proto.punch.UdpPunch.Opener;
import dev.crust.spi.Protocol;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Punching where {@link TraversalMatrixTest} leaves off: other routers, worse lines, the cost. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TraversalTest {
  private static final int SEEDS = 20;

  private final Traversal traversal = new Traversal();

  private Outcome run(PunchMatrix.Pair pair, Unsolicited unsolicited, Circumstances circumstances) {
    return traversal.run(
        pair.one(), pair.other(), unsolicited, Set.of(protocol(pair)), circumstances, line -> {});
  }

  private static Protocol protocol(PunchMatrix.Pair pair) {
    return pair.transport() == Transport.TCP ? Protocol.TCP : Protocol.UDP;
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
  @Execution(CONCURRENT)
  void accepting_routers_spoil_no_mapping(PunchMatrix.Pair pair) {
    for (Opener opener : Opener.values()) {
      for (long seed = 1; seed <= SEEDS; seed++) {
        Outcome outcome = run(pair, Unsolicited.ACCEPT, Circumstances.kind(seed).with(opener));
        String what = pair + " seed " + seed + " " + opener + "\n" + outcome.explanation();
        assertThat(outcome.by(protocol(pair)).connected()).as(what).isTrue();
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
  @Execution(CONCURRENT)
  void routers_that_answer_icmp(PunchMatrix.Pair pair) {
    int connected = 0;
    String last = "";
    for (long seed = 1; seed <= SEEDS; seed++) {
      Outcome outcome = run(pair, Unsolicited.ICMP, Circumstances.kind(seed));
      connected += outcome.by(protocol(pair)).connected() ? 1 : 0;
      last =
          outcome.by(protocol(pair)).connected()
              ? last
              : "seed " + seed + "\n" + outcome.explanation();
    }
    assertThat(connected).as(pair + " " + last).isGreaterThanOrEqualTo(19);
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
    int connected = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      Outcome outcome =
          traversal.run(
              List.of(Scenario.home("a", nat), Scenario.home("b", nat)),
              Set.of(protocol),
              Circumstances.kind(seed).on(line),
              each -> {});
      connected += outcome.by(protocol).connected() ? 1 : 0;
    }
    assertThat(connected).isGreaterThanOrEqualTo(19);
  }

  @Test
  void an_ordinary_punch_costs_few_packets() {
    PunchMatrix.Pair pair =
        new PunchMatrix.Pair(
            Transport.UDP, Place.of(NatType.PORT_RESTRICTED), Place.of(NatType.EIM_RANDOM));
    assertThat(run(pair, Unsolicited.DROP, Circumstances.kind(1)).spent(Protocol.UDP))
        .isLessThanOrEqualTo(12);
  }
}
