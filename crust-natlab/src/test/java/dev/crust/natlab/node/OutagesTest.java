package dev.crust.natlab.node;

import static dev.crust.natlab.node.CrustNode.about;
import static dev.crust.natlab.node.CrustNode.is;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Scenario;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What two peers send each other goes on by itself after whatever has kept them apart; but who
 * comes back without memory has lost the connection.
 */
@NatLab("public ben\nhome anne port-restricted")
final class OutagesTest {
  private static final Duration OUTAGE = Duration.ofSeconds(30);

  @Test
  @Execution(CONCURRENT)
  void a_reset_by_a_middlebox(Lab lab, EventLog log) throws Exception {
    SteadyTalk talk = SteadyTalk.begin(lab, Over.TCP, log);
    Sides before = Sides.now(talk);
    run(
        lab,
        "anne.router",
        "nft insert rule inet natlab forwarded tcp dport 1-65535 reject with tcp reset");
    before.awaitPathGone();
    // Reads all rules anew, and so without that.
    lab.happen(Scenario.unblock("anne"));
    talk.goesOn();
    talk.endsWell();
  }

  @Test
  @Tag("full")
  @Execution(CONCURRENT)
  void a_reset_by_the_own_kernel(Lab lab, EventLog log) throws Exception {
    SteadyTalk talk = SteadyTalk.begin(lab, Over.TCP, log);
    Sides before = Sides.now(talk);
    run(lab, "anne", "ss -K state established | grep -q 4001");
    before.awaitPathGone();
    talk.goesOn();
    talk.endsWell();
  }

  @ParameterizedTest
  @EnumSource(Over.class)
  @Tag("full")
  @Execution(CONCURRENT)
  void a_stopped_peer(Over over, Lab lab, EventLog log) throws Exception {
    SteadyTalk talk = SteadyTalk.begin(lab, over, log);
    CrustNode.Moment before = talk.anne().now();
    talk.ben().pause();
    talk.anne().awaitPathGone(talk.ben(), before);
    talk.outlasts(OUTAGE);
    talk.ben().unpause();
    talk.goesOn();
    talk.endsWell();
  }

  @ParameterizedTest
  @EnumSource(Over.class)
  @Tag("full")
  @Execution(CONCURRENT)
  void a_stopped_peer_behind_a_nat(Over over, Lab lab, EventLog log) throws Exception {
    SteadyTalk talk = SteadyTalk.begin(lab, over, log);
    CrustNode.Moment before = talk.ben().now();
    talk.anne().pause();
    talk.ben().awaitPathGone(talk.anne(), before);
    talk.outlasts(OUTAGE);
    talk.anne().unpause();
    talk.goesOn();
    talk.endsWell();
  }

  @ParameterizedTest
  @EnumSource(Over.class)
  @Tag("full")
  @Execution(CONCURRENT)
  void an_interface_that_is_down(Over over, Lab lab, EventLog log) throws Exception {
    SteadyTalk talk = SteadyTalk.begin(lab, over, log);
    Sides before = Sides.now(talk);
    run(lab, "anne", "ip link set eth0 down");
    before.awaitPathGone();
    talk.outlasts(OUTAGE);
    // The routes went with the interface.
    run(lab, "anne", "ip link set eth0 up && ip route add default via 192.168.1.1");
    talk.goesOn();
    talk.endsWell();
  }

  @ParameterizedTest
  @EnumSource(Over.class)
  @Tag("full")
  @Execution(CONCURRENT)
  void a_silent_cut(Over over, Lab lab, EventLog log) throws Exception {
    SteadyTalk talk = SteadyTalk.begin(lab, over, log);
    Sides before = Sides.now(talk);
    lab.happen(Scenario.linkDown("anne"));
    before.awaitPathGone();
    talk.outlasts(OUTAGE);
    lab.happen(Scenario.linkUp("anne"));
    talk.goesOn();
    talk.endsWell();
  }

  @ParameterizedTest
  @EnumSource(Over.class)
  @Tag("full")
  @Execution(CONCURRENT)
  void a_reboot_of_the_router(Over over, Lab lab, EventLog log) throws Exception {
    SteadyTalk talk = SteadyTalk.begin(lab, over, log);
    lab.happen(Scenario.reboot("anne"));
    talk.goesOn();
    talk.endsWell();
  }

  @ParameterizedTest
  @EnumSource(Over.class)
  @Tag("full")
  @Execution(CONCURRENT)
  void a_new_public_address(Over over, Lab lab, EventLog log) throws Exception {
    SteadyTalk talk = SteadyTalk.begin(lab, over, log);
    lab.happen(Scenario.newAddress("anne"));
    talk.goesOn();
    talk.endsWell();
  }

  @ParameterizedTest
  @EnumSource(Over.class)
  @Tag("full")
  @Execution(CONCURRENT)
  void a_peer_that_restarts_is_lost(Over over, Lab lab, EventLog log) throws Exception {
    SteadyTalk talk = SteadyTalk.begin(lab, over, log);
    CrustNode anne = talk.anne();
    CrustNode.Moment before = anne.now();
    talk.ben().kill();
    anne.awaitPathGone(talk.ben(), before);
    talk.startBenAgain();
    awaitRestartNoticed(anne, talk.ben(), before);
  }

  @ParameterizedTest
  @EnumSource(Over.class)
  @Tag("full")
  @Execution(CONCURRENT)
  void a_peer_that_restarts_behind_a_nat_after_a_power_cut_is_lost(Over over, Lab lab, EventLog log)
      throws Exception {
    SteadyTalk talk = SteadyTalk.begin(lab, over, log);
    CrustNode ben = talk.ben();
    CrustNode.Moment before = ben.now();
    lab.happen(Scenario.linkDown("anne"));
    talk.anne().kill();
    ben.awaitPathGone(talk.anne(), before);
    lab.happen(Scenario.linkUp("anne"));
    talk.startAnneAgain();
    talk.anne().address();
    awaitRestartNoticed(ben, talk.anne(), before);
    talk.anne().awaitConnected(ben);
    talk.goesOn();
  }

  private static void awaitRestartNoticed(CrustNode node, CrustNode peer, CrustNode.Moment since)
      throws InterruptedException {
    node.awaitSince(
        since,
        "the news that the peer has restarted",
        is("lost").and(about(peer)).and(event -> because("peer-restarted", event)),
        SteadyTalk.SOON);
    node.awaitSince(
        since,
        "a message whose fate is unknown",
        is("unaccepted").and(event -> because("peer-restarted", event)),
        SteadyTalk.SOON);
  }

  private static boolean because(String reason, JsonNode event) {
    return event.path("reason").asText().equals(reason);
  }

  /** Both peers before something happens. */
  private record Sides(SteadyTalk talk, CrustNode.Moment anne, CrustNode.Moment ben) {
    static Sides now(SteadyTalk talk) {
      return new Sides(talk, talk.anne().now(), talk.ben().now());
    }

    void awaitPathGone() throws InterruptedException {
      talk.anne().awaitPathGone(talk.ben(), anne);
      talk.ben().awaitPathGone(talk.anne(), ben);
    }
  }

  private static void run(Lab lab, String host, String command) throws InterruptedException {
    assertThat(lab.host(host).start("sh", "-c", command).await(CrustNode.PATIENCE))
        .as(command)
        .isZero();
  }
}
