package dev.crust.natlab.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.natlab.junit.Labs;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.kernel.Host;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.Server;
import dev.crust.natlab.scenario.UdpLifetime;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mappings live as long in the kernel as in the simulator, and as the scenario says. */
@NatLab
class KernelLifetimeTest {
  private static final List<Duration> WAITS = Stream.of(3, 6, 11).map(Duration::ofSeconds).toList();

  /** As far as we can tell by waits of 3, 6 and 11 seconds. */
  @Tag("full")
  @ParameterizedTest(name = "{0}, proven: {1}")
  @Execution(CONCURRENT)
  @CsvSource({"linux, false, 3-6", "linux, true, 6-11", "port-restricted, true, 6-11"})
  void mappings_live_as_long_as_told(String type, boolean proven, String expected, Labs labs)
      throws Exception {
    UdpLifetime lifetime = new UdpLifetime(Duration.ofSeconds(4), Duration.ofSeconds(8));
    Nat nat = Nat.of(NatType.parse(type)).withUdpLifetime(lifetime);
    Lab lab =
        labs.up(
            Scenario.of(
                Scenario.publicHost("stun").running(Server.COTURN), Scenario.home("a", nat)));
    Host host = lab.host("a");
    SocketProbe probe =
        new SocketProbe(host.address(), new InetSocketAddress(lab.host("stun").address(), 3478));
    assertThat(host.call(() -> FactsOf.lifetime(probe.lifetime(WAITS, proven))))
        .isEqualTo(expected);
    assertThat(FactsOf.lifetime(new SimProbe(nat, 1).lifetime(WAITS, proven))).isEqualTo(expected);
  }
}
