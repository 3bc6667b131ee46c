package dev.crust.natlab.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.junit.Labs;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.verify.Place;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.converter.ConvertWith;
import org.junit.jupiter.params.converter.TypedArgumentConverter;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Which peers connect, one line a pair: the two places; the method by which two command lines find
 * a path in the kernel today, or the methods of which chance decides; the transports by which
 * simple punching connects in the simulator.
 */
@NatLab
final class NatMatrixTest {

  @ParameterizedTest(name = "{0}_x_{1}")
  @Execution(CONCURRENT)
  @CsvSource(
      textBlock =
          """
          none,            symmetric,       direct,   udp+tcp
          port-restricted, symmetric-seq,   relayed,  nothing
          cgn,             full-cone,       punched,  udp+tcp
          """)
  void sample(
      @ConvertWith(AsPlace.class) Place one,
      @ConvertWith(AsPlace.class) Place other,
      String kernel,
      String simulator,
      Labs labs,
      EventLog log)
      throws Exception {
    meet(new Meeting(one, other), kernel, simulator, labs, log);
  }

  @ParameterizedTest(name = "{0}_x_{1}")
  @Tag("full")
  @Execution(CONCURRENT)
  @CsvSource(
      textBlock =
          """
          none,            none,            direct,   udp+tcp
          none,            fw,              direct,   udp+tcp
          none,            port-restricted, direct,   udp+tcp
          none,            linux,           direct,   udp+tcp
          none,            symmetric-seq,   direct,   udp+tcp
          none,            cgn,             direct,   udp+tcp
          none,            udp-blocked,     direct,   tcp
          none,            tcp-443-only,    relayed,  nothing
          fw,              fw,              direct|punched, udp+tcp
          fw,              symmetric,       relayed,  nothing
          full-cone,       full-cone,       punched,  udp+tcp
          full-cone,       symmetric,       punched,  udp+tcp
          addr-restricted, symmetric-seq,   punched,  udp+tcp
          port-restricted, port-restricted, punched,  udp+tcp
          port-restricted, eim-random,      punched,  udp+tcp
          port-restricted, addr-symmetric,  relayed,  nothing
          eim-random,      linux,           punched,  udp+tcp
          linux,           linux,           punched,  udp+tcp
          linux,           symmetric,       relayed,  nothing
          symmetric,       symmetric,       relayed,  nothing
          symmetric-seq,   symmetric-seq,   relayed,  nothing
          cgn,             cgn,             punched,  udp+tcp
          cgn,             symmetric,       relayed,  nothing
          udp-blocked,     port-restricted, punched,  tcp
          tcp-443-only,    full-cone,       relayed,  nothing
          """)
  void whole(
      @ConvertWith(AsPlace.class) Place one,
      @ConvertWith(AsPlace.class) Place other,
      String kernel,
      String simulator,
      Labs labs,
      EventLog log)
      throws Exception {
    meet(new Meeting(one, other), kernel, simulator, labs, log);
  }

  private static void meet(
      Meeting meeting, String kernel, String simulator, Labs labs, EventLog log) throws Exception {
    assertThat(meeting.bySimplePunching(log)).as("simulator").isEqualTo(simulator);
    assertThat(meeting.inKernel(kernel, labs, log)).as("kernel").isIn(Set.of(kernel.split("\\|")));
  }

  /** A NAT type by its name, or {@code cgn}. */
  static final class AsPlace extends TypedArgumentConverter<String, Place> {
    AsPlace() {
      super(String.class, Place.class);
    }

    @Override
    protected Place convert(String word) {
      return word.equals("cgn") ? Place.CGN : Place.of(NatType.parse(word));
    }
  }
}
