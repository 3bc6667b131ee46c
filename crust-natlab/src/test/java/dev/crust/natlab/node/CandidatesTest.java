package dev.crust.natlab.node;

import static dev.crust.natlab.node.CrustNode.PATIENCE;
import static dev.crust.natlab.node.CrustNode.is;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.junit.Labs;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.kernel.Host;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Scenario;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an endpoint says of where it can be reached. */
@NatLab
final class CandidatesTest {
  private static final String[] BOTH_ADDRESSES = {
    "--no-beacon", "--stun", "198.51.100.1:3478", "--stun", "203.0.113.1:3478"
  };

  @Test
  @Execution(CONCURRENT)
  void where_two_servers_see_us_others_reach_us(Labs labs, EventLog log) throws Exception {
    Lab lab = labs.up(Scenario.parse("public stun coturn\npublic ben\nhome anne full-cone"));
    CrustNodes nodes = new CrustNodes(lab, log);
    CrustNode anne = nodes.start("anne", BOTH_ADDRESSES);
    JsonNode listening = awaitOutside(anne);
    assertThat(candidates(listening))
        .filteredOn(candidate -> candidate.contains("198.18.0.1"))
        .singleElement()
        .asString()
        .startsWith("quic://");

    CrustNode ben = nodes.start("ben", "--bootstrap", listening.path("address").asText());
    JsonNode path = ben.awaitConnected(anne).path("path");
    assertThat(path.path("remote").asText()).startsWith("198.18.0.1:");
    ben.say("hello", anne);
  }

  @Test
  @Execution(CONCURRENT)
  void two_peers_are_as_good_as_servers(Labs labs, EventLog log) throws Exception {
    Lab lab = labs.up(Scenario.parse("public ben\npublic carl\nhome anne port-restricted"));
    CrustNodes nodes = new CrustNodes(lab, log);
    CrustNode ben = nodes.start("ben", "--no-beacon", "--transport", "quic");
    CrustNode carl = nodes.start("carl", "--no-beacon", "--transport", "quic");
    CrustNode anne = nodes.start("anne", "--no-beacon", "--transport", "quic");
    meet(anne, ben);
    assertThat(anne.events()).filteredOn(is("listening")).noneMatch(CandidatesTest::isOutside);
    meet(anne, carl);
    awaitOutside(anne);
  }

  @Test
  @Execution(CONCURRENT)
  void who_shows_each_another_port_claims_none(Labs labs, EventLog log) throws Exception {
    Lab lab = labs.up(Scenario.parse("public ben\npublic carl\nhome anne symmetric"));
    CrustNodes nodes = new CrustNodes(lab, log);
    CrustNode ben = nodes.start("ben", "--no-beacon", "--transport", "quic");
    CrustNode carl = nodes.start("carl", "--no-beacon", "--transport", "quic");
    CrustNode anne = nodes.start("anne", "--no-beacon", "--transport", "quic");
    meet(anne, ben);
    meet(anne, carl);
    assertThat(anne.events()).filteredOn(is("listening")).noneMatch(CandidatesTest::isOutside);
  }

  @Test
  @Execution(CONCURRENT)
  void what_is_dialled_by_tcp_tells_of_no_mapping(Labs labs, EventLog log) throws Exception {
    Lab lab = labs.up(Scenario.parse("public ben\npublic carl\nhome anne full-cone"));
    CrustNodes nodes = new CrustNodes(lab, log);
    CrustNode ben = nodes.start("ben", "--no-beacon", "--transport", "tcp");
    CrustNode carl = nodes.start("carl", "--no-beacon", "--transport", "tcp");
    CrustNode anne = nodes.start("anne", "--no-beacon", "--transport", "tcp");
    meet(anne, ben);
    meet(anne, carl);
    assertThat(anne.events()).filteredOn(is("listening")).noneMatch(CandidatesTest::isOutside);
  }

  @ParameterizedTest(name = "{0}")
  @Execution(CONCURRENT)
  @ValueSource(strings = {"docker0", "tun7"})
  void containers_and_vpns_come_last_and_few(String virtual, Labs labs, EventLog log)
      throws Exception {
    Lab lab = labs.up(Scenario.parse("lan office anne ben"));
    Host anne = lab.host("anne");
    run(anne, "ip", "link", "add", virtual, "type", "bridge");
    run(anne, "ip", "link", "set", virtual, "up");
    for (int i = 1; i <= 20; i++) {
      run(anne, "ip", "address", "add", "172.17." + i + ".1/24", "dev", virtual);
    }
    List<String> all = candidates(new CrustNodes(lab, log).start("anne", "--no-beacon"));
    assertThat(all).hasSize(8);
    assertThat(all.subList(0, 2)).allMatch(candidate -> candidate.contains("[fd00:0:0:1::a]:"));
    assertThat(all.subList(2, 4)).allMatch(candidate -> candidate.contains("172.16.1.10:"));
    assertThat(all.subList(4, 8)).allMatch(candidate -> candidate.contains("//172.17."));
    assertThat(all.get(0)).startsWith("tcp://");
    assertThat(all.get(2)).startsWith("tcp://");
  }

  @Test
  @Execution(CONCURRENT)
  void sixteen_of_both_families_and_transports_at_most(Labs labs, EventLog log) throws Exception {
    Lab lab = labs.up(Scenario.parse("lan office anne ben"));
    Host anne = lab.host("anne");
    for (int i = 1; i <= 20; i++) {
      run(anne, "ip", "address", "add", "fd00:0:0:1::1:" + i + "/64", "dev", "eth0");
    }
    List<String> all = candidates(new CrustNodes(lab, log).start("anne", "--no-beacon"));
    assertThat(all).hasSize(16).anyMatch(candidate -> candidate.startsWith("tcp://172.16.1.10:"));
    assertThat(all).anyMatch(candidate -> candidate.startsWith("quic://172.16.1.10:"));
    assertThat(all).filteredOn(candidate -> candidate.startsWith("quic://[")).hasSizeGreaterThan(1);
  }

  private static void meet(CrustNode anne, CrustNode peer) throws Exception {
    anne.type("connect " + peer.address());
    anne.awaitConnected(peer);
    // When it is told of a message, the loop that counts votes has long heard of the Hello.
    peer.awaitConnected(anne);
    peer.say("hello", anne);
  }

  private static JsonNode awaitOutside(CrustNode node) throws InterruptedException {
    return node.await("listening", CandidatesTest::isOutside, PATIENCE);
  }

  /** Whether a port is told as it is seen from outside the home. */
  private static boolean isOutside(JsonNode listening) {
    return listening.path("candidates").toString().contains("//198.18.0.1:");
  }

  private static List<String> candidates(CrustNode node) throws InterruptedException {
    return candidates(node.await("listening"));
  }

  private static List<String> candidates(JsonNode listening) {
    List<String> all = new ArrayList<>();
    listening.path("candidates").forEach(candidate -> all.add(candidate.asText()));
    return all;
  }

  private static void run(Host host, String... command) throws InterruptedException {
    assertThat(host.start(command).await(PATIENCE)).isZero();
  }
}
