package dev.crust.natlab.node;

import static dev.crust.natlab.node.CrustNode.about;
import static dev.crust.natlab.node.CrustNode.is;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.junit.Labs;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.node.CrustNode.Moment;
import dev.crust.natlab.scenario.Scenario;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;

/** Two homes whose NATs let nobody in, and peers on the public network who relay. */
@NatLab
@Execution(CONCURRENT)
final class RelayedTest {
  private static final String WORLD =
      """
      public one
      public two
      home anne port-restricted
      home ben port-restricted
      """;

  /** Of homes between which there is no other way. */
  private static final String HARD_WORLD =
      """
      public one
      public two
      home anne symmetric
      home ben symmetric
      """;

  @Test
  void by_another_relay_when_one_is_killed(Labs labs, EventLog log) throws Exception {
    CrustNodes nodes = new CrustNodes(labs.up(Scenario.parse(HARD_WORLD)), log);
    CrustNode one = nodes.start("one", "--no-beacon");
    CrustNode two = nodes.start("two", "--no-beacon");
    String[] both = {"--bootstrap", one.address(), "--bootstrap", two.address(), "--no-beacon"};
    CrustNode anne = nodes.start("anne", both);
    CrustNode ben = nodes.start("ben", both);
    for (CrustNode home : new CrustNode[] {anne, ben}) {
      home.awaitReservation(one);
      home.awaitReservation(two);
    }

    anne.type("connect crust://" + ben.id() + "/?via=" + one.id());
    JsonNode path = anne.awaitConnected(ben).path("path");
    assertThat(path.path("method").asText()).isEqualTo("relayed");
    assertThat(path.path("relay").asText()).isEqualTo(one.id());
    assertThat(ben.awaitConnected(anne).at("/path/relay").asText()).isEqualTo(one.id());
    anne.say("hello", ben);
    ben.say("hello yourself", anne);

    Moment before = anne.now();
    String other = two.id();
    one.kill();
    anne.type("send " + ben.id() + " by whomever");
    anne.awaitSince(
        before,
        "a path by the other relay",
        about(ben)
            .and(is("path-changed"))
            .and(event -> event.at("/to/relay").asText().equals(other)),
        CrustNode.SILENCE);
    ben.await(
        "message", event -> event.path("text").asText().equals("by whomever"), CrustNode.PATIENCE);
    ben.say("still there", anne);
  }

  /** The relay is far away and the LAN is fast, so that the direct path comes at once. */
  @Test
  void hosts_of_one_home_move_to_their_lan(Labs labs, EventLog log) throws Exception {
    String world = "public one\nhome house port-restricted hosts anne,ben";
    CrustNodes nodes = new CrustNodes(labs.up(Scenario.parse(world)), log);
    CrustNode one = nodes.start("one", "--no-beacon");
    CrustNode anne = nodes.start("anne", "--bootstrap", one.address(), "--no-beacon");
    CrustNode ben = nodes.start("ben", "--bootstrap", one.address(), "--no-beacon");
    anne.awaitReservation(one);
    ben.awaitReservation(one);
    anne.type("connect " + ben.id());
    JsonNode path = anne.awaitConnected(ben).path("path");
    assertThat(path.path("relay").asText()).isEqualTo(one.id());
    awaitLan(anne, ben);
    awaitLan(ben, anne);
    one.kill();
    anne.say("without a relay", ben);
    ben.say("indeed", anne);
    assertThat(anne.events()).noneMatch(about(ben).and(is("lost")));
    assertNoGapInTheStory(anne, ben);
    assertNoGapInTheStory(ben, anne);
  }

  /** By a change of the path or, where the user is told of the connection only now, by that. */
  private static void awaitLan(CrustNode node, CrustNode peer) throws InterruptedException {
    Predicate<JsonNode> moved =
        is("path-changed").and(event -> event.at("/to/method").asText().equals("host"));
    Predicate<JsonNode> told =
        is("connected").and(event -> event.at("/path/method").asText().equals("host"));
    node.awaitSince(
        Moment.START, "a path over the LAN", about(peer).and(moved.or(told)), CrustNode.PATIENCE);
  }

  /** Each change begins with the path that was told before. */
  private static void assertNoGapInTheStory(CrustNode node, CrustNode peer)
      throws InterruptedException {
    JsonNode known = node.awaitConnected(peer).path("path");
    for (JsonNode event : node.events().stream().filter(about(peer)).toList()) {
      if (is("path-changed").test(event)) {
        assertThat(event.at("/from/method")).isEqualTo(known.path("method"));
        assertThat(event.at("/from/remote")).isEqualTo(known.path("remote"));
        known = event.path("to");
      }
    }
  }

  @Test
  void who_is_named_alone_is_found_and_one_who_wants_no_relay_is_not(Labs labs, EventLog log)
      throws Exception {
    CrustNodes nodes = new CrustNodes(labs.up(Scenario.parse(WORLD)), log);
    CrustNode one = nodes.start("one", "--no-beacon");
    CrustNode ben = nodes.start("ben", "--bootstrap", one.address(), "--no-beacon");
    CrustNode shy =
        nodes.start("two", "--bootstrap", one.address(), "--no-beacon", "--no-relay", "--no-punch");
    ben.awaitReservation(one);
    shy.awaitConnected(one);
    CrustNode pinging =
        nodes.run("anne", "ping", ben.id(), "-c", "1", "--bootstrap", one.address(), "--no-beacon");
    JsonNode pong = pinging.await("pong");
    assertThat(pong.at("/path/method").asText()).isEqualTo("relayed");
    assertThat(pong.at("/path/relay").asText()).isEqualTo(one.id());
    assertThat(pinging.exitCode()).isZero();

    CrustNode failing =
        nodes.run("anne", "ping", shy.id(), "-c", "1", "--bootstrap", one.address(), "--no-beacon");
    JsonNode failed = failing.await("connect-failed");
    assertThat(failed.path("reason").asText()).isEqualTo("relay-refused");
    assertThat(failed.at("/attempts/0/method").asText()).isEqualTo("relayed");
    assertThat(failing.exitCode()).isEqualTo(1);
  }
}
