package dev.crust.natlab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.kernel.HostProcess;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Scenario;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@NatLab(
    """
    public server coturn
    home alice port-restricted
    """)
final class NatTest {
  @Test
  void the_server_sees_the_outside_address(Lab lab) throws Exception {
    HostProcess client = lab.host("alice").start("turnutils_stunclient", "198.51.100.1");
    client.awaitOutput("reflexive addr: 198.18.0.1", Duration.ofSeconds(10));
    lab.happen(Scenario.reboot("alice"));
    assertThat(lab.connections("alice")).isZero();
  }
}
