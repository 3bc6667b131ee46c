package dev.crust.natlab.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.junit.Labs;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Scenario;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;

/** What endpoints find out about whether others reach them, by peers that dial them back. */
@NatLab
@Execution(CONCURRENT)
final class ReachabilityTest {
  /** Each public host has two addresses. */
  private static final String WORLD =
      """
      public one
      public two
      public carl
      home anne full-cone
      home ben port-restricted
      """;

  @Test
  void each_hears_what_its_network_lets_in(Labs labs, EventLog log) throws Exception {
    Lab lab = labs.up(Scenario.parse(WORLD));
    CrustNodes nodes = new CrustNodes(lab, log);
    CrustNode one = nodes.start("one", "--no-beacon");
    CrustNode two = nodes.start("two", "--no-beacon");
    String[] both = {"--bootstrap", one.address(), "--bootstrap", two.address(), "--no-beacon"};
    CrustNode carl = nodes.start("carl", both);
    CrustNode anne = nodes.start("anne", both);
    CrustNode ben = nodes.start("ben", both);
    awaitReachability(carl, "public", "public");
    awaitReachability(anne, "public", "public");
    awaitReachability(ben, "punchable", "punchable");
    for (CrustNode node : new CrustNode[] {one, two, carl, anne, ben}) {
      assertThat(node.events()).noneMatch(CrustNode.is("refused"));
    }
    assertThat(ben.events())
        .filteredOn(CrustNode.is("reachability"))
        .noneMatch(event -> event.toString().contains("public"));
  }

  /** Through a relay a peer does not see where we are; one word alone is not believed. */
  @Test
  void a_peer_that_was_relayed_is_asked_when_it_is_direct(Labs labs, EventLog log)
      throws Exception {
    String world = "public one\npublic two\nhome ben port-restricted";
    CrustNodes nodes = new CrustNodes(labs.up(Scenario.parse(world)), log);
    CrustNode one = nodes.start("one", "--no-beacon");
    CrustNode two = nodes.start("two", "--bootstrap", one.address(), "--no-beacon");
    CrustNode ben = nodes.start("ben", "--bootstrap", one.address(), "--no-beacon");
    two.awaitReservation(one);
    ben.awaitReservation(one);
    ben.type("connect crust://" + two.id() + "/?via=" + one.id());
    assertThat(ben.awaitConnected(two).at("/path/relay").asText()).isEqualTo(one.id());
    awaitReachability(ben, "punchable", "punchable");
  }

  private static void awaitReachability(CrustNode node, String tcp, String udp)
      throws InterruptedException {
    node.await("reachability", event -> is(event, tcp, udp), CrustNode.PATIENCE);
  }

  private static boolean is(JsonNode event, String tcp, String udp) {
    return event.path("tcp").asText().equals(tcp) && event.path("udp").asText().equals(udp);
  }
}
