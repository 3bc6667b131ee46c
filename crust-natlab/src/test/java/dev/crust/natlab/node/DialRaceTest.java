package dev.crust.natlab.node;

import static dev.crust.natlab.node.CrustNode.PATIENCE;
import static dev.crust.natlab.node.CrustNode.about;
import static dev.crust.natlab.node.CrustNode.is;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.junit.Labs;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.kernel.HostProcess;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Scenario;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Which way in wins, over lines that spoil one way or the other, 40 ms there and back. When what
 * starts is the virtual clock's to say, in the race's own test; here it is who wins, in what order,
 * and that nobody waits for a timeout, which would be 10 s.
 */
@NatLab
final class DialRaceTest {
  private static final String NO_SYN = "tcp flags & (syn | ack) == syn drop";

  /** The same for the first SYN alone; the kernel sends the next a second later. */
  private static final String NO_FIRST_SYN =
      "tcp flags & (syn | ack) == syn quota until 70 bytes drop";

  private static final String NO_UDP = "meta l4proto udp drop";
  private static final String NO_IPV6 = "meta nfproto ipv6 meta l4proto { tcp, udp } drop";

  /** What is dropped is larger: 8 bytes of the length are UDP's header. */
  private static final String UDP_TO_1200 = "udp length > 1208 drop";

  private static final String UDP_TO_1100 = "udp length > 1108 drop";

  /** The handshake fits, full-size segments do not. */
  private static final String SMALL_TCP = "meta l4proto tcp meta length > 1300 drop";

  private static final String BOTH = "tcp://198.51.100.1:4001,quic://198.51.100.1:4001";
  private static final String BOTH_FAMILIES =
      "tcp://198.51.100.1:4001,tcp://[2001:db8::1]:4001,"
          + "quic://198.51.100.1:4001,quic://[2001:db8::1]:4001";

  @Test
  @Execution(CONCURRENT)
  void all_is_well_and_tcp_it_is(Labs labs, EventLog log) throws Exception {
    Pair pair = Pair.meet(labs, log, "any", BOTH);
    pair.awaitTcp();
  }

  @Test
  @Execution(CONCURRENT)
  void syns_are_dropped_and_quic_wins(Labs labs, EventLog log) throws Exception {
    Pair pair = Pair.meet(labs, log, "any", BOTH, NO_SYN);
    assertThat(pair.transport()).isEqualTo("quic");
    JsonNode quic = pair.won();
    assertThat(quic.path("startedMs").asDouble()).isBetween(250.0, 5000.0);
    assertThat(quic.path("endedMs").asDouble()).isLessThan(8000);
    pair.talk();
  }

  @Test
  @Execution(CONCURRENT)
  void tcp_is_late_and_takes_over_from_quic(Labs labs, EventLog log) throws Exception {
    Pair pair = Pair.meet(labs, log, "any", BOTH, NO_SYN);
    assertThat(pair.transport()).isEqualTo("quic");
    pair.anne.type("send " + pair.ben.id() + " 0");
    pair.letSynsPass();
    pair.awaitTcp();
    for (int i = 1; i < 50; i++) {
      pair.anne.type("send " + pair.ben.id() + " " + i);
    }
    pair.ben.await("message", event -> event.path("text").asText().equals("49"), PATIENCE);
    List<Integer> heard = new ArrayList<>();
    for (JsonNode event : pair.ben.events()) {
      if (is("message").test(event)) {
        heard.add(event.path("text").asInt());
      }
    }
    assertThat(heard).hasSize(50).isSorted().doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @Execution(CONCURRENT)
  @ValueSource(strings = {"tcp", "quic"})
  void ipv6_is_broken_and_ipv4_follows_at_once(String transport, Labs labs, EventLog log)
      throws Exception {
    Pair pair = Pair.meet(labs, log, transport, BOTH_FAMILIES, NO_IPV6);
    assertThat(pair.connected.at("/path/remote").asText()).isEqualTo("198.51.100.1:4001");
    assertThat(attempts(pair.connected, transport))
        .extracting(attempt -> attempt.path("candidate").asText())
        .containsExactly(transport + "://[2001:db8::1]:4001", transport + "://198.51.100.1:4001");
    assertThat(pair.won().path("startedMs").asDouble()).isBetween(250.0, 5000.0);
    pair.talk();
  }

  @Test
  @Execution(CONCURRENT)
  void udp_is_dropped_and_tcp_does_not_mind(Labs labs, EventLog log) throws Exception {
    Pair pair = Pair.meet(labs, log, "any", BOTH, NO_UDP);
    assertThat(pair.transport()).isEqualTo("tcp");
    assertThat(pair.won()).isEqualTo(pair.connected.path("attempts").get(0));
    assertThat(pair.won().path("startedMs").asDouble()).isLessThan(1000);
    pair.talk();
  }

  @Test
  @Execution(CONCURRENT)
  void udp_of_1200_bytes_is_enough_for_quic(Labs labs, EventLog log) throws Exception {
    Pair pair = Pair.meet(labs, log, "any", BOTH, NO_SYN, UDP_TO_1200);
    assertThat(pair.transport()).isEqualTo("quic");
    pair.anne.say("x".repeat(10_000), pair.ben);
    pair.ben.say("y".repeat(10_000), pair.anne);
    pair.talk();
  }

  @Test
  @Execution(CONCURRENT)
  void udp_of_less_is_not_and_tcp_wins_even_late(Labs labs, EventLog log) throws Exception {
    Pair pair = Pair.meet(labs, log, "any", BOTH, NO_FIRST_SYN, UDP_TO_1100);
    assertThat(pair.transport()).isEqualTo("tcp");
    assertThat(attempts(pair.connected, "quic"))
        .singleElement()
        .satisfies(quic -> assertThat(quic.path("outcome").asText()).isEqualTo("lost"));
    pair.talk();
  }

  @Test
  @Execution(CONCURRENT)
  void udp_of_less_and_nothing_else_fails_with_the_reason(Labs labs, EventLog log)
      throws Exception {
    Pair pair = Pair.start(labs, log, "quic", BOTH, UDP_TO_1100);
    pair.anne.type("connect " + pair.ben.address());
    JsonNode failed = pair.anne.await("connect-failed");
    assertThat(failed.path("reason").asText()).isEqualTo("timeout");
    assertThat(attempts(failed, "quic"))
        .singleElement()
        .satisfies(quic -> assertThat(quic.path("reason").asText()).isEqualTo("timeout"));
  }

  @Test
  @Execution(CONCURRENT)
  void tcp_that_passes_only_small_packets_is_not_moved_to(Labs labs, EventLog log)
      throws Exception {
    Pair pair = Pair.meet(labs, log, "any", BOTH, NO_SYN, SMALL_TCP);
    assertThat(pair.transport()).isEqualTo("quic");
    pair.letSynsPass();
    pair.awaitSocketOfTcp();
    pair.anne.say("x".repeat(10_000), pair.ben);
    pair.anne.awaitNone("path-changed", Duration.ofSeconds(5));
    assertThat(pair.anne.events()).noneMatch(is("path-changed"));
    assertThat(pair.ben.events()).noneMatch(is("path-changed"));
    pair.talk();
  }

  /** The attempts of an event by one transport, in their order. */
  private static List<JsonNode> attempts(JsonNode event, String transport) {
    List<JsonNode> attempts = new ArrayList<>();
    for (JsonNode attempt : event.path("attempts")) {
      if (attempt.path("candidate").asText().startsWith(transport + ":")) {
        attempts.add(attempt);
      }
    }
    return attempts;
  }

  /** Two public hosts, of which Anne has dialled Ben. */
  private record Pair(Lab lab, CrustNode anne, CrustNode ben, JsonNode connected) {
    /** Both listen; what comes in at either is filtered. */
    static Pair start(Labs labs, EventLog log, String transport, String listen, String... filters)
        throws Exception {
      Lab lab = labs.up(Scenario.parse("public ben ipv6\npublic anne ipv6"));
      for (String host : List.of("ben", "anne")) {
        run(lab, host, "add table inet race");
        run(lab, host, "add chain inet race in { type filter hook input priority 0; }");
        run(lab, host, "add chain inet race syns { type filter hook input priority 1; }");
        for (String filter : filters) {
          String chain = filter.equals(NO_SYN) ? "syns" : "in";
          run(lab, host, "add rule inet race " + chain + " " + filter);
        }
      }
      CrustNodes nodes = new CrustNodes(lab, log);
      CrustNode ben = nodes.start("ben", "--no-beacon", "--listen", listen);
      CrustNode anne = nodes.start("anne", "--no-beacon", "--transport", transport);
      return new Pair(lab, anne, ben, ben.await("listening"));
    }

    static Pair meet(Labs labs, EventLog log, String transport, String listen, String... filters)
        throws Exception {
      Pair pair = start(labs, log, transport, listen, filters);
      String address = pair.ben.address();
      pair.anne.await("listening");
      pair.anne.type("connect " + address);
      JsonNode connected = pair.anne.awaitConnected(pair.ben);
      pair.ben.awaitConnected(pair.anne);
      return new Pair(pair.lab, pair.anne, pair.ben, connected);
    }

    /** {@link #NO_SYN} ends; those that the kernel still sends now arrive. */
    void letSynsPass() throws InterruptedException {
      run(lab, "anne", "flush chain inet race syns");
      run(lab, "ben", "flush chain inet race syns");
    }

    String transport() {
      return connected.at("/path/transport").asText();
    }

    /** The attempt that won. */
    JsonNode won() {
      for (JsonNode attempt : connected.path("attempts")) {
        if (attempt.path("outcome").asText().equals("won")) {
          return attempt;
        }
      }
      throw new AssertionError("nobody won: " + connected);
    }

    /** Both are told that TCP carries the connection, at once or after QUIC. */
    void awaitTcp() throws InterruptedException {
      awaitTcp(anne, ben);
      awaitTcp(ben, anne);
    }

    private static void awaitTcp(CrustNode node, CrustNode peer) throws InterruptedException {
      node.awaitSince(
          CrustNode.Moment.START,
          "TCP",
          about(peer)
              .and(
                  event ->
                      event.at("/path/transport").asText().equals("tcp")
                          || event.at("/to/transport").asText().equals("tcp")),
          PATIENCE);
    }

    void talk() throws IOException, InterruptedException {
      anne.say("hello", ben);
      ben.say("hello yourself", anne);
    }

    void awaitSocketOfTcp() throws InterruptedException {
      String command =
          "for i in $(seq 300); do ss -Htn state established | grep -q :4001 && exit 0;"
              + " sleep 0.1; done; exit 1";
      assertThat(lab.host("ben").start("sh", "-c", command).await(PATIENCE.multipliedBy(2)))
          .isZero();
    }

    private static void run(Lab lab, String host, String rule) throws InterruptedException {
      HostProcess nft = lab.host(host).start("nft", rule);
      assertThat(nft.await(PATIENCE)).as(rule + ": " + nft.errors()).isZero();
    }
  }
}
