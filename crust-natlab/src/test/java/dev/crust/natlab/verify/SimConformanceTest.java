package dev.crust.natlab.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.Unsolicited;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The simulator does what NATLAB's tables say of real NATs, cell by cell. */
class SimConformanceTest {
  static Stream<NatType> types() {
    return NatType.all().stream();
  }

  static List<PunchMatrix.Pair> pairs() {
    return PunchMatrix.pairs();
  }

  @ParameterizedTest
  @MethodSource("types")
  void shows_itself_as_expected(NatType type) {
    assertThat(SimFacts.measure(Nat.of(type), 1)).isEqualTo(ExpectedFacts.byType().get(type));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void punches_as_expected(PunchMatrix.Pair pair) {
    SimPunch.Outcome outcome = SimPunch.SIMPLE.run(pair, 1);
    assertThat(outcome.connected())
        .as(pair + "\n" + outcome.log())
        .isEqualTo(PunchMatrix.expected(pair));
  }

  static List<Nat> variations() {
    return Variations.all();
  }

  @ParameterizedTest
  @MethodSource("variations")
  void varies_as_expected(Nat nat) {
    assertThat(Variations.simulated(nat)).isEqualTo(Variations.expected(nat));
  }

  static List<Staggered> staggered() {
    return Staggered.all();
  }

  @ParameterizedTest
  @MethodSource("staggered")
  void starts_late_as_expected(Staggered late) {
    assertThat(late.simulated()).isEqualTo(late.connects());
  }

  /** One-way delay is 20 ms: each side has a line of 10 ms. */
  @ParameterizedTest
  @CsvSource({
    "RST, 15, false, 20, 20",
    "RST, 30, false, 0, 0",
    "RST, 30, true, 16, 20",
    "ACCEPT, 15, false, 20, 20",
    "ACCEPT, 30, false, 0, 0",
    "ICMP, 15, false, 20, 20",
    "ICMP, 30, false, 0, 0",
    "ICMP, 30, true, 0, 10",
    "DROP, 300, false, 20, 20",
  })
  void unkind_routers_want_syns_that_cross(
      Unsolicited unsolicited, int skewMillis, boolean retry, int least, int most) {
    SimPunch punch = new SimPunch(unsolicited, Duration.ofMillis(skewMillis), retry);
    Place place = Place.of(NatType.PORT_RESTRICTED);
    long connected =
        LongStream.rangeClosed(1, 20)
            .filter(seed -> punch.run(tcp(place, place), seed).connected())
            .count();
    assertThat(connected).isBetween((long) least, (long) most);
  }

  private static PunchMatrix.Pair tcp(Place one, Place other) {
    return new PunchMatrix.Pair(dev.crust.natlab.scenario.Transport.TCP, one, other);
  }
}
