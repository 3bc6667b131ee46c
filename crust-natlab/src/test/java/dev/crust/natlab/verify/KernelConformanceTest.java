package dev.crust.natlab.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.Transport;
import dev.crust.natlab.scenario.Unsolicited;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;

/** Kernel, simulator and expectation agree. */
@NatLab
class KernelConformanceTest {
  private static final List<NatType> SAMPLE =
      List.of(NatType.FULL_CONE, NatType.LINUX, NatType.SYMMETRIC_SEQ, NatType.UDP_BLOCKED);

  @Test
  @Execution(CONCURRENT)
  void some_types() throws Exception {
    agree(Verification.none().types(SAMPLE, false));
  }

  @Test
  @Execution(CONCURRENT)
  void some_types_by_other_peoples_tools() throws Exception {
    agree(Verification.none().byOthers(SAMPLE));
  }

  @Test
  @Execution(CONCURRENT)
  void some_variations() throws Exception {
    List<Nat> nats =
        Stream.concat(
                Stream.of(NatType.PORT_RESTRICTED, NatType.LINUX, NatType.SYMMETRIC)
                    .map(type -> Nat.of(type).withHairpin()),
                Stream.of(Unsolicited.values())
                    .map(answer -> Nat.of(NatType.LINUX).withUnsolicited(answer)))
            .toList();
    agree(Verification.none().variations(nats));
  }

  @Test
  @Execution(CONCURRENT)
  void some_pairs() throws Exception {
    Place restricted = Place.of(NatType.PORT_RESTRICTED);
    Place symmetric = Place.of(NatType.SYMMETRIC);
    Place cone = Place.of(NatType.FULL_CONE);
    List<PunchMatrix.Pair> pairs =
        Stream.of(Transport.UDP, Transport.TCP)
            .flatMap(
                by ->
                    Stream.of(
                        new PunchMatrix.Pair(by, restricted, Place.CGN),
                        new PunchMatrix.Pair(by, restricted, symmetric),
                        new PunchMatrix.Pair(by, cone, symmetric)))
            .toList();
    agree(Verification.none().pairs(pairs));
  }

  /** Waits for mappings to expire, most of the time. */
  @Test
  @Tag("full")
  @Execution(CONCURRENT)
  void every_type() throws Exception {
    agree(Verification.none().types(NatType.all(), true).byOthers(NatType.all()));
  }

  @Test
  @Tag("full")
  @Execution(CONCURRENT)
  void every_variation_and_pair() throws Exception {
    agree(
        Verification.none()
            .variations(Variations.all())
            .pairs(PunchMatrix.pairs())
            .staggered(Staggered.all()));
  }

  private static void agree(Verification seen) {
    assertThat(seen.differences()).as("%s", String.join("\n", seen.lines())).isEmpty();
  }
}
