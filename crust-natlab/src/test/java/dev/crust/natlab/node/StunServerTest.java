package dev.crust.natlab.node;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.junit.Labs;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.kernel.Host;
import dev.crust.natlab.kernel.HostProcess;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.verify.Probe;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every endpoint is a STUN server (RFC 8489), where it has two addresses one of RFC 5780. */
@NatLab
final class StunServerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String TWO = "tcp://0.0.0.0:3478,quic://0.0.0.0:3478";
  private static final String ONE = "tcp://198.51.100.1:3478,quic://198.51.100.1:3478";

  private static final String FIRST = "198.51.100.1";
  private static final String SECOND = "203.0.113.1";

  private static final String EIM = "NAT with Endpoint Independent Mapping!";
  private static final String NO_NAT = "No NAT!";

  @ParameterizedTest
  @Execution(CONCURRENT)
  @ValueSource(strings = {FIRST, SECOND})
  void natdiscovery_names_every_nat(String server, Labs labs, EventLog log) throws Exception {
    List<NatType> types = NatType.all();
    String homes =
        IntStream.range(0, types.size())
            .mapToObj(i -> "home alice%d %s\n".formatted(i, types.get(i)))
            .collect(Collectors.joining());
    Lab lab = serving(TWO, homes, labs, log);
    Map<String, HostProcess> asking = new LinkedHashMap<>();
    for (int i = 0; i < types.size(); i++) {
      asking.put(types.get(i).toString(), natdiscoveryOn(lab.host("alice" + i), server));
    }
    Map<String, String> told = new LinkedHashMap<>();
    for (Map.Entry<String, HostProcess> each : asking.entrySet()) {
      told.put(each.getKey(), said(each.getValue()));
    }
    told.forEach((type, text) -> log.add("server", type + ":\n" + text));
    told.replaceAll((type, text) -> verdict(text));
    String independent = "Endpoint Independent";
    String address = "Address Dependent";
    String port = "Address and Port Dependent";
    assertThat(told)
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                entry("none", "No NAT; " + independent),
                entry("fw", "No NAT; " + port),
                entry("full-cone", independent + "; " + independent),
                entry("addr-restricted", independent + "; " + address),
                entry("port-restricted", independent + "; " + port),
                entry("eim-random", independent + "; " + port),
                entry("linux", independent + "; " + port),
                entry("addr-symmetric", address + "; " + port),
                entry("symmetric", port + "; " + port),
                entry("symmetric-seq", port + "; " + port),
                entry("udp-blocked", "no answer"),
                entry("tcp-443-only", "no answer")));
  }

  @Test
  @Execution(CONCURRENT)
  void natdiscovery_sees_that_there_is_none(Labs labs, EventLog log) throws Exception {
    Lab lab = serving(TWO, "public alice", labs, log);
    assertThat(natdiscovery(lab.host("alice")))
        .containsAnyOf(NO_NAT, EIM)
        .contains("NAT with Endpoint Independent Filtering!");
  }

  @Test
  @Execution(CONCURRENT)
  void stunclient_is_answered_from_all_four(Labs labs, EventLog log) throws Exception {
    Lab lab = serving(TWO, "public alice", labs, log);
    String told = stunclient(lab.host("alice"));
    // Its second answer comes from the other address and port to another port of its own, its third
    // from there to a request with 1500 bytes of padding.
    String other = first(told, "Other addr: : (203\\.0\\.113\\.1:[0-9]+)");
    assertThat(told)
        .contains("Response origin: : 198.51.100.1:3478", "UDP reflexive addr: 198.51.100.2:")
        .contains("Response origin: : " + other)
        .contains("RFC 5780 response 3");
  }

  @Test
  @Execution(CONCURRENT)
  void one_address_names_no_other(Labs labs, EventLog log) throws Exception {
    Lab lab = serving(ONE, "home alice port-restricted", labs, log);
    Host alice = lab.host("alice");
    String told = stunclient(alice);
    assertThat(told).contains("UDP reflexive addr: 198.18.0.1:").doesNotContain("Other addr");
    assertThat(natdiscovery(alice))
        .contains("UDP reflexive addr: 198.18.0.1:")
        .doesNotContain("Other addr");
    assertThat(sockets(lab, "udp")).containsExactly("198.51.100.1:3478");
    assertThat(sockets(lab, "tcp")).hasSize(1);
  }

  @Test
  @Execution(CONCURRENT)
  void one_socket_for_each_address_and_two_alternates(Labs labs, EventLog log) throws Exception {
    Lab lab = serving(TWO, "", labs, log);
    List<String> udp = sockets(lab, "udp");
    String second = first(String.join(" ", udp), "198\\.51\\.100\\.1:(?!3478\\b)([0-9]+)");
    assertThat(udp)
        .containsExactlyInAnyOrder(
            "127.0.0.1:3478",
            "198.51.100.1:3478",
            "203.0.113.1:3478",
            "198.51.100.1:" + second,
            "203.0.113.1:" + second);
    List<String> tcp = sockets(lab, "tcp");
    for (int tries = 0; tcp.size() < 2 && tries < 100; tries++) {
      tcp = sockets(lab, "tcp");
    }
    assertThat(tcp).hasSize(2);
  }

  @ParameterizedTest(name = "{0}")
  @Execution(CONCURRENT)
  @CsvSource({
    "port-restricted, endpoint-independent, preserved",
    "symmetric, address-and-port-dependent, random",
    "addr-symmetric, address-dependent, random",
  })
  void our_own_client_is_told_the_same_by_us_and_by_coturn(
      String type, String mapping, String ports, Labs labs, EventLog log) throws Exception {
    Lab lab = serving(TWO, "public other coturn\nhome alice " + type, labs, log);
    for (String server : new String[] {FIRST, SECOND, "198.51.100.2"}) {
      assertThat(probe(lab, server))
          .containsEntry("mapping", mapping)
          .containsEntry("tcp mapping", mapping)
          .containsEntry("tcp ports", ports)
          .containsEntry("filtering", "address-and-port-dependent");
    }
  }

  @Test
  @Execution(CONCURRENT)
  void our_own_client_claims_little_after_one_address(Labs labs, EventLog log) throws Exception {
    Lab lab = serving(ONE, "home alice port-restricted", labs, log);
    assertThat(probe(lab, "198.51.100.1"))
        .containsEntry("mapping", "unknown")
        .containsEntry("ports", "preserved")
        .containsEntry("tcp mapping", "unknown")
        .containsEntry("tcp ports", "preserved");
  }

  private static Lab serving(String listen, String others, Labs labs, EventLog log)
      throws IOException, InterruptedException {
    Lab lab = labs.up(Scenario.parse("public server\n" + others));
    new CrustNodes(lab, log).start("server", "--no-beacon", "--listen", listen).await("listening");
    return lab;
  }

  private static Map<String, String> probe(Lab lab, String server) throws Exception {
    Host alice = lab.host("alice");
    return alice.call(() -> Probe.of(alice.address(), new InetSocketAddress(server, 3478)));
  }

  private static String natdiscovery(Host host) throws InterruptedException {
    return said(natdiscoveryOn(host, FIRST));
  }

  private static HostProcess natdiscoveryOn(Host host, String server) {
    String own = host.address().getHostAddress();
    return host.start("turnutils_natdiscovery", "-m", "-f", "-L", own, server);
  }

  /** How it maps and filters; the tool says of what maps not at all that it maps independently. */
  private static String verdict(String told) {
    if (!told.contains("RFC 5780 response")) {
      return "no answer";
    }
    String mapping = told.contains(NO_NAT) ? "No NAT" : first(told, "NAT with (.+) Mapping!");
    return mapping + "; " + first(told, "NAT with (.+) Filtering!");
  }

  private static String stunclient(Host host) throws InterruptedException {
    return said(host.start("turnutils_stunclient", "198.51.100.1"));
  }

  private static String said(HostProcess process) throws InterruptedException {
    process.await(PATIENCE);
    return process.output() + process.errors();
  }

  /** Where the server's sockets are that wait for others. */
  private static List<String> sockets(Lab lab, String transport) throws InterruptedException {
    String listing = said(lab.host("server").start("ss", "-Hnl", "--" + transport));
    return listing.lines().map(line -> line.split(" +", 5)[3]).toList();
  }

  private static String first(String text, String regex) {
    return Pattern.compile(regex)
        .matcher(text)
        .results()
        .map((MatchResult found) -> found.group(1))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + regex + " in:\n" + text));
  }
}
