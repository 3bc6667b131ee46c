package dev.crust.natlab.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.Transport;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;

/** Kernel, simulator and expectation agree. */
@NatLab
class KernelConformanceTest {
  @Test
  void a_sample() throws Exception {
    List<NatType> types =
        List.of(NatType.FULL_CONE, NatType.LINUX, NatType.SYMMETRIC_SEQ, NatType.UDP_BLOCKED);
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
    Verification seen = Verification.none().types(types, false).byOthers(types).pairs(pairs);
    assertThat(seen.differences()).isEmpty();
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
    seen.lines().forEach(System.out::println);
    assertThat(seen.differences()).isEmpty();
  }
}
