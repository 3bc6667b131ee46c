package dev.crust.natlab.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.natlab.scenario.Element;
import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.verify.Traversal.Outcome;
import dev.crust.proto.punch.Plan;
import dev.crust.proto.punch.PunchBudget;
import dev.crust.spi.Protocol;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two behind one outside address: on one LAN, or in two homes of one carrier. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NeighboursTest {
  private static final int SEEDS = 20;

  private final Traversal traversal = new Traversal();

  static Stream<Nat> nats() {
    return NatType.all().stream()
        .filter(NatType::translates)
        .flatMap(type -> Stream.of(Nat.of(type), Nat.of(type).withHairpin()));
  }

  /** Never through the router, whatever that is. */
  @ParameterizedTest
  @MethodSource("nats")
  @Execution(CONCURRENT)
  void two_hosts_of_one_lan_meet_there(Nat nat) {
    for (long seed = 1; seed <= SEEDS; seed++) {
      Outcome outcome = run(seed, Scenario.home("home", nat).withHosts("a", "b"));
      assertThat(outcome.legs().values())
          .as(nat + " seed " + seed + "\n" + outcome.explanation())
          .allSatisfy(
              leg ->
                  assertThat(leg.remote())
                      .hasValueSatisfying(
                          there ->
                              assertThat(there.getAddress())
                                  .matches(InetAddress::isSiteLocalAddress)));
    }
  }

  static Stream<NatType> independent() {
    return Stream.of(NatType.FULL_CONE, NatType.PORT_RESTRICTED, NatType.EIM_RANDOM);
  }

  @ParameterizedTest
  @MethodSource("independent")
  @Execution(CONCURRENT)
  void two_homes_meet_by_a_carrier_with_hairpin(NatType type) {
    for (long seed = 1; seed <= SEEDS; seed++) {
      Outcome outcome = ofOneCarrier(Nat.of(type).withHairpin(), seed);
      assertThat(outcome.legs().values())
          .as(type + " seed " + seed + "\n" + outcome.explanation())
          .allSatisfy(leg -> assertThat(leg.connected()).isTrue());
    }
  }

  /** Their outside addresses lead nowhere, and no private ones that they know of do. */
  @ParameterizedTest
  @MethodSource("independent")
  @Execution(CONCURRENT)
  void two_homes_do_not_meet_by_a_carrier_without(NatType type) {
    for (long seed = 1; seed <= SEEDS; seed++) {
      Outcome outcome = ofOneCarrier(Nat.of(type), seed);
      assertThat(outcome.legs().values())
          .as(type + " seed " + seed + "\n" + outcome.explanation())
          .noneSatisfy(leg -> assertThat(leg.connected()).isTrue());
      assertThat(outcome.rounds()).isEqualTo(Plan.ROUNDS);
      assertThat(outcome.ledgers())
          .allSatisfy(
              ledger ->
                  assertThat(ledger.mostUnanswered())
                      .isLessThanOrEqualTo(PunchBudget.VOUCHED_PACKETS));
    }
  }

  /** Since they may be on one LAN, they look there; a stranger's packets are all that costs. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @Execution(CONCURRENT)
  void two_homes_of_a_symmetric_carrier_look_on_the_lan_alone(boolean hairpin) {
    Nat nat = Nat.of(NatType.SYMMETRIC);
    for (long seed = 1; seed <= SEEDS; seed++) {
      Outcome outcome = ofOneCarrier(hairpin ? nat.withHairpin() : nat, seed);
      assertThat(outcome.legs().values())
          .as("seed " + seed + "\n" + outcome.explanation())
          .noneSatisfy(leg -> assertThat(leg.connected()).isTrue());
      assertThat(outcome.ledgers())
          .allSatisfy(
              ledger -> {
                assertThat(ledger.mostUnanswered())
                    .isLessThanOrEqualTo(PunchBudget.STRANGER_PACKETS);
                assertThat(ledger.flows()).isLessThanOrEqualTo(2);
              });
    }
  }

  private Outcome ofOneCarrier(Nat carrier, long seed) {
    return run(
        seed,
        Scenario.carrier("isp", carrier),
        Scenario.home("a", NatType.PORT_RESTRICTED).behind("isp"),
        Scenario.home("b", NatType.PORT_RESTRICTED).behind("isp"));
  }

  private Outcome run(long seed, Element... elements) {
    return traversal.run(
        List.of(elements), Set.of(Protocol.UDP, Protocol.TCP), Circumstances.of(seed), line -> {});
  }
}
