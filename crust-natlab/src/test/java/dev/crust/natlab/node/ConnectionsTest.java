package dev.crust.natlab.node;

import static dev.crust.natlab.node.CrustNode.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.junit.Labs;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.kernel.Host;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Scenario;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line connects wherever a plain dial reaches. */
@NatLab
final class ConnectionsTest {
  private static final String LAN = "lan office anne ben";

  @Tag("full")
  @Execution(CONCURRENT)
  @Test
  void lan_by_beacon(Labs labs, EventLog log) throws Exception {
    find(new CrustNodes(labs.up(Scenario.parse(LAN)), log), "");
  }

  @Test
  @Execution(CONCURRENT)
  void lan_by_beacon_over_ipv4(Labs labs, EventLog log) throws Exception {
    Lab lab = labs.up(Scenario.parse(LAN));
    for (String name : lab.scenario().hosts()) {
      run(lab.host(name), "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");
    }
    find(new CrustNodes(lab, log), "172.16.1.");
  }

  @Test
  @Execution(CONCURRENT)
  void lan_by_beacon_over_ipv6(Labs labs, EventLog log) throws Exception {
    Lab lab = labs.up(Scenario.parse(LAN));
    for (String name : lab.scenario().hosts()) {
      run(lab.host(name), "ip", "-4", "address", "flush", "dev", "eth0");
    }
    find(new CrustNodes(lab, log), "[");
  }

  @Tag("full")
  @Execution(CONCURRENT)
  @Test
  void hosts_of_a_home_by_beacon(Labs labs, EventLog log) throws Exception {
    Lab lab = labs.up(Scenario.parse("home house port-restricted ipv6 hosts anne,ben"));
    find(new CrustNodes(lab, log), "");
  }

  @Test
  @Execution(CONCURRENT)
  void public_to_public(Labs labs, EventLog log) throws Exception {
    JsonNode path = dial(labs, log, "public anne\npublic ben").path("path");
    assertThat(path.path("method").asText()).isEqualTo("direct");
    // Ben has two addresses, and either may be the first to answer.
    assertThat(path.path("remote").asText()).matches("(198.51.100|203.0.113).2:[0-9]+");
  }

  @Tag("full")
  @Execution(CONCURRENT)
  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"tcp", "quic", "any"})
  void public_to_public_over_ipv6(String transport, Labs labs, EventLog log) throws Exception {
    String listen =
        transports(transport).stream()
            .map(it -> it + "://[2001:db8::2]:0")
            .collect(Collectors.joining(","));
    Lab lab = labs.up(Scenario.parse("public anne ipv6\npublic ben ipv6"));
    CrustNodes nodes = new CrustNodes(lab, log);
    CrustNode ben = nodes.start("ben", "--listen", listen);
    CrustNode anne = nodes.start("anne", "--bootstrap", ben.address());
    JsonNode path = anne.awaitConnected(ben).path("path");
    assertThat(path.path("remote").asText()).startsWith("[2001:db8::2]:");
    assertThat(path.path("transport").asText()).isIn(transports(transport));
    anne.say("hello", ben);
  }

  @ParameterizedTest(name = "{0}")
  @Execution(CONCURRENT)
  @ValueSource(strings = {"tcp", "quic", "any"})
  void home_to_public(String transport, Labs labs, EventLog log) throws Exception {
    String home = "home anne port-restricted delay 60ms jitter 20ms loss 5%";
    JsonNode path = dial(labs, log, "public ben\n" + home, "--transport", transport).path("path");
    assertThat(path.path("local").asText()).startsWith("192.168.1.10:");
    assertThat(path.path("transport").asText()).isIn(transports(transport));
  }

  @Tag("full")
  @Execution(CONCURRENT)
  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "linux",
        "symmetric",
        "udp-blocked",
        "port-restricted delay 150ms jitter 50ms",
        "port-restricted loss 10%",
        "port-restricted delay 40ms loss 3% reorder 3% rate 1mbit mtu 1300",
      })
  void home_to_public_over(String line, Labs labs, EventLog log) throws Exception {
    dial(labs, log, "public ben\nhome anne " + line);
  }

  @Tag("full")
  @Execution(CONCURRENT)
  @Test
  void delay_is_measured(Labs labs, EventLog log) throws Exception {
    Lab lab = labs.up(Scenario.parse("public ben\nhome anne linux delay 100ms"));
    CrustNodes nodes = new CrustNodes(lab, log);
    CrustNode ben = nodes.start("ben");
    CrustNode ping = nodes.run("anne", "ping", ben.address(), "-c", "2", "--interval", "0.1");
    JsonNode pong = ping.await("pong", event -> event.path("seq").asInt() == 2, PATIENCE);
    assertThat(pong.path("rttMs").asDouble()).isBetween(220.0, 5000.0);
    assertThat(ping.exitCode()).isZero();
  }

  @Test
  @Execution(CONCURRENT)
  void a_dial_through_a_nat_from_outside_fails_with_a_reason(Labs labs, EventLog log)
      throws Exception {
    Lab lab = labs.up(Scenario.parse("public ben\nhome anne port-restricted"));
    CrustNodes nodes = new CrustNodes(lab, log);
    CrustNode anne = nodes.start("anne");
    String address = anne.address();
    CrustNode ping = nodes.run("ben", "ping", address, "-c", "1", "--timeout", "5");
    JsonNode failed = ping.await("connect-failed");
    assertThat(failed.path("reason").asText()).isIn("unreachable", "timeout");
    assertThat(failed.path("attempts")).isNotEmpty();
    assertThat(ping.exitCode()).isEqualTo(1);
  }

  /** Those of which a path may be. */
  private static List<String> transports(String transport) {
    return transport.equals("any") ? List.of("tcp", "quic") : List.of(transport);
  }

  /** Anne, on whatever line, joins through Ben; they talk; what Anne was told of it. */
  private static JsonNode dial(Labs labs, EventLog log, String scenario, String... options)
      throws Exception {
    CrustNodes nodes = new CrustNodes(labs.up(Scenario.parse(scenario)), log);
    CrustNode ben = nodes.start("ben", options);
    CrustNode anne =
        nodes.start(
            "anne",
            Stream.concat(Stream.of("--bootstrap", ben.address()), Stream.of(options))
                .toArray(String[]::new));
    JsonNode connected = anne.awaitConnected(ben);
    ben.awaitConnected(anne);
    anne.await("bootstrapped");
    anne.say("hello", ben);
    ben.say("hello yourself", anne);
    return connected;
  }

  /** Two hosts without a single option find each other and talk. */
  private static void find(CrustNodes nodes, String remote) throws Exception {
    CrustNode anne = nodes.start("anne");
    CrustNode ben = nodes.start("ben");
    assertThat(anne.awaitConnected(ben).at("/path/remote").asText()).startsWith(remote);
    ben.awaitConnected(anne);
    anne.say("hello", ben);
    ben.say("hello yourself", anne);
    assertThat(anne.errors()).isEmpty();
  }

  private static void run(Host host, String... command) throws InterruptedException {
    assertThat(host.start(command).await(Duration.ofSeconds(10))).isZero();
  }
}
