package dev.crust.natlab.node;

import static dev.crust.natlab.node.CrustNode.is;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Scenario;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;

/** A peer that speaks from another port every second, because its NAT maps it anew. */
@Tag("full")
final class RebindingTest {
  private static final Duration PERIOD = Duration.ofSeconds(1);

  /** Far more than a QUIC connection has ids for. */
  private static final int MANY = 180;

  private static final int SOME = 60;

  /** Old ports go on to work, and nothing gets lost on the way: QUIC keeps the path. */
  @Test
  @Execution(CONCURRENT)
  @NatLab("public ben\npublic relay\npublic anne")
  void a_nat_that_maps_anew(Lab lab, EventLog log) throws Exception {
    String relayed = lab.host("relay").address().getHostAddress();
    // The peers know better addresses of each other.
    for (String name : new String[] {"anne", "ben"}) {
      run(lab, name, "nft add table inet only");
      run(lab, name, "nft 'add chain inet only in { type filter hook input priority 0; }'");
      run(lab, name, "nft 'add rule inet only in ip saddr != " + relayed + " udp dport 4001 drop'");
    }
    InetSocketAddress ben = new InetSocketAddress(lab.host("ben").address(), SteadyTalk.PORT);
    RebindingRelay relay = new RebindingRelay(SteadyTalk.PORT, ben, PERIOD);
    Thread thread = lab.host("relay").threads().newThread(relay);
    thread.start();
    try {
      SteadyTalk talk =
          SteadyTalk.begin(
              lab,
              Over.QUIC,
              address -> address.replaceAll("\\?.*", "?quic=" + relayed + ":" + SteadyTalk.PORT),
              log);
      relay.begin();
      while (relay.rebindings() < MANY) {
        talk.outlasts(PERIOD);
      }
      talk.goesOn();
      talk.endsWell();
      log.add("ben", "paths: " + paths(talk));
      assertThat(paths(talk)).isBetween(2L, 1L + MANY / 10);
    } finally {
      thread.interrupt();
      thread.join();
    }
  }

  /** What was under way to the old port is gone, and what QUIC makes of that takes its time. */
  @Test
  @Execution(CONCURRENT)
  @NatLab("public ben\nhome anne symmetric")
  void a_nat_that_forgets(Lab lab, EventLog log) throws Exception {
    SteadyTalk talk = SteadyTalk.begin(lab, Over.QUIC, log);
    for (int i = 0; i < SOME; i++) {
      lab.happen(Scenario.reboot("anne"));
      talk.outlasts(PERIOD);
    }
    talk.goesOn();
    talk.endsWell();
  }

  private static long paths(SteadyTalk talk) {
    return 1 + talk.ben().events().stream().filter(is("path-changed")).count();
  }

  private static void run(Lab lab, String host, String command) throws InterruptedException {
    assertThat(lab.host(host).start("sh", "-c", command).await(CrustNode.PATIENCE))
        .as(command)
        .isZero();
  }
}
