package dev.crust.natlab.node;

import static dev.crust.natlab.node.CrustNode.about;
import static dev.crust.natlab.node.CrustNode.is;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.junit.Labs;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.node.CrustNode.Moment;
import dev.crust.natlab.scenario.Scenario;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Two homes behind NATs and a peer of both on the public network: they talk through that, and
 * directly as soon as a hole is punched.
 */
@NatLab
@Execution(CONCURRENT)
final class PunchedTest {
  private static String world(String one, String other) {
    return "public one\nhome anne %s\nhome ben %s".formatted(one, other);
  }

  private static Pair pair(String one, String other, Labs labs, EventLog log) throws Exception {
    return pair(labs.up(Scenario.parse(world(one, other))), log);
  }

  private static Pair pair(Lab lab, EventLog log) throws Exception {
    CrustNodes nodes = new CrustNodes(lab, log);
    CrustNode relay = nodes.start("one", "--no-beacon");
    CrustNode anne = nodes.start("anne", "--bootstrap", relay.address(), "--no-beacon");
    CrustNode ben = nodes.start("ben", "--bootstrap", relay.address(), "--no-beacon");
    anne.awaitReservation(relay);
    ben.awaitReservation(relay);
    return new Pair(anne, ben);
  }

  /** Two at home who can be reached through a relay. */
  private record Pair(CrustNode anne, CrustNode ben) {
    /** Connects; they talk before and after they have a direct path. */
    void meet() throws Exception {
      Moment annes = anne.now();
      Moment bens = ben.now();
      anne.type("connect " + ben.id());
      anne.awaitSince(annes, "a connection", about(ben).and(is("connected")), CrustNode.PATIENCE);
      ben.awaitSince(bens, "a connection", about(anne).and(is("connected")), CrustNode.PATIENCE);
      anne.say("by whatever way", ben);
      awaitPunched(anne, ben, annes);
      awaitPunched(ben, anne, bens);
      ben.say("directly", anne);
    }

    void part() throws Exception {
      Moment annes = anne.now();
      Moment bens = ben.now();
      anne.type("drop " + ben.id());
      anne.awaitSince(annes, "the end", about(ben).and(is("lost")), CrustNode.PATIENCE);
      ben.awaitSince(bens, "the end", about(anne).and(is("lost")), CrustNode.PATIENCE);
    }
  }

  private static void awaitPunched(CrustNode node, CrustNode peer, Moment since) throws Exception {
    JsonNode path = awaitDirect(node, peer, since);
    assertThat(path.path("method").asText()).isEqualTo("punched");
    assertThat(path.path("transport").asText()).isEqualTo("quic");
  }

  private static JsonNode awaitDirect(CrustNode node, CrustNode peer, Moment since)
      throws Exception {
    JsonNode news =
        node.awaitSince(
            since,
            "a direct path",
            about(peer).and(event -> isDirect(event.path("to")) || isDirect(event.path("path"))),
            CrustNode.PATIENCE);
    // Whoever was dialled may hear of the connection when it has moved already.
    return news.path("to").isObject() ? news.path("to") : news.path("path");
  }

  private static boolean isDirect(JsonNode path) {
    return path.isObject() && !path.path("relay").isTextual();
  }

  @Test
  void they_move_to_a_direct_path(Labs labs, EventLog log) throws Exception {
    pair("port-restricted", "port-restricted", labs, log).meet();
  }

  @Test
  void nothing_is_punched_between_two_random_ones(Labs labs, EventLog log) throws Exception {
    Pair pair = pair("symmetric", "symmetric", labs, log);
    pair.anne.type("connect " + pair.ben.id());
    JsonNode stays = pair.anne.await("stays-relayed", about(pair.ben), CrustNode.PATIENCE);
    assertThat(stays.path("reason").asText())
        .contains("both NATs allocate ports at random for each destination");
    assertThat(stays.path("attempts")).isEmpty();
    pair.ben.await("stays-relayed", about(pair.anne), CrustNode.PATIENCE);
    pair.anne.say("by a friend", pair.ben);
    pair.anne.awaitNone("path-changed", Duration.ofSeconds(1));
  }

  @Test
  void whoever_cannot_be_dialled_dials_back(Labs labs, EventLog log) throws Exception {
    String world = "public one\npublic anne\nhome ben symmetric";
    CrustNodes nodes = new CrustNodes(labs.up(Scenario.parse(world)), log);
    CrustNode one = nodes.start("one", "--no-beacon");
    String[] options = {"--bootstrap", one.address(), "--no-beacon", "--transport", "tcp"};
    CrustNode anne = nodes.start("anne", options);
    CrustNode ben = nodes.start("ben", options);
    ben.awaitReservation(one);
    one.awaitConnected(anne);
    anne.type("connect " + ben.id());
    for (CrustNode node : new CrustNode[] {anne, ben}) {
      CrustNode other = node == anne ? ben : anne;
      JsonNode path = awaitDirect(node, other, Moment.START);
      assertThat(path.path("method").asText()).isEqualTo("reversed");
      assertThat(path.path("transport").asText()).isEqualTo("tcp");
      node.say("hello", other);
    }
  }

  /** The one who dials gets no answer, and its peer cannot punch: it dials back by QUIC. */
  @Test
  @Tag("full")
  void dialling_back_needs_no_relay(Labs labs, EventLog log) throws Exception {
    String world = "public one\npublic anne\nhome ben symmetric";
    CrustNodes nodes = new CrustNodes(labs.up(Scenario.parse(world)), log);
    CrustNode one = nodes.start("one", "--no-beacon");
    String[] options = {
      "--bootstrap", one.address(), "--no-beacon", "--no-relay", "--transport", "quic"
    };
    CrustNode anne = nodes.start("anne", options);
    CrustNode ben = nodes.start("ben", options);
    one.awaitConnected(anne);
    one.awaitConnected(ben);
    anne.type("connect " + ben.id());
    assertThat(anne.awaitConnected(ben).at("/path/method").asText()).isEqualTo("direct");
    ben.awaitConnected(anne);
    anne.say("hello", ben);
  }

  @Test
  void a_peer_introduces_two_who_use_no_relay(Labs labs, EventLog log) throws Exception {
    String world = "public one\nhome anne port-restricted\nhome ben eim-random";
    CrustNodes nodes = new CrustNodes(labs.up(Scenario.parse(world)), log);
    CrustNode one = nodes.start("one", "--no-beacon", "--no-relay");
    String[] options = {"--bootstrap", one.address(), "--no-beacon", "--no-relay"};
    CrustNode anne = nodes.start("anne", options);
    CrustNode ben = nodes.start("ben", options);
    one.awaitConnected(anne);
    one.awaitConnected(ben);
    anne.type("connect " + ben.id());
    assertThat(anne.awaitConnected(ben).at("/path/method").asText()).isEqualTo("punched");
    assertThat(ben.awaitConnected(anne).at("/path/method").asText()).isEqualTo("punched");
    anne.say("hello", ben);
    ben.say("hello yourself", anne);
  }

  @ParameterizedTest(name = "{0}_x_{1}")
  @Tag("full")
  @CsvSource({
    "full-cone, full-cone",
    "full-cone, symmetric",
    "addr-restricted, symmetric-seq",
    "addr-restricted, port-restricted",
    "port-restricted, eim-random",
    "port-restricted, linux",
    "linux, linux",
    "eim-random, eim-random",
    // The routers take what nobody asked for, and would then give a punched port away.
    "linux unsolicited accept, linux unsolicited accept",
    "linux unsolicited accept, port-restricted",
    "port-restricted unsolicited rst, addr-restricted"
  })
  void every_pair_that_simple_punching_reaches(String one, String other, Labs labs, EventLog log)
      throws Exception {
    pair(one, other, labs, log).meet();
  }

  @Test
  @Tag("full")
  void twenty_times_in_a_row(Labs labs, EventLog log) throws Exception {
    Pair pair = pair("port-restricted", "eim-random", labs, log);
    for (int i = 0; i < 20; i++) {
      pair.meet();
      pair.part();
    }
  }

  /** The mapping is another then, and so is what was known of it. */
  @Test
  @Tag("full")
  void a_reboot_of_a_router_costs_a_moment(Labs labs, EventLog log) throws Exception {
    Lab lab = labs.up(Scenario.parse(world("eim-random", "port-restricted")));
    Pair pair = pair(lab, log);
    pair.meet();
    for (int i = 0; i < 3; i++) {
      lab.happen(Scenario.reboot("anne"));
      String text = "after reboot " + i;
      pair.anne.type("send " + pair.ben.id() + " " + text);
      pair.ben.await(
          "message", event -> event.path("text").asText().equals(text), CrustNode.SILENCE);
      Moment before = pair.anne.now();
      pair.anne.type("ping " + pair.ben.id() + " 100");
      pair.anne.awaitSince(
          before,
          "an answer by a direct path",
          is("pong").and(event -> event.at("/path/method").asText().equals("punched")),
          CrustNode.PATIENCE);
    }
    assertThat(pair.anne.events()).noneMatch(about(pair.ben).and(is("lost")));
  }

  @Test
  @Tag("full")
  void carriers_translate_too(Labs labs, EventLog log) throws Exception {
    String world =
        """
        public one
        carrier east port-restricted
        carrier west port-restricted
        home anne port-restricted behind east
        home ben port-restricted behind west
        """;
    pair(labs.up(Scenario.parse(world)), log).meet();
  }

  /** What one address of one peer cannot tell, those of two do. */
  @ParameterizedTest
  @Tag("full")
  @CsvSource({"port-restricted, false", "symmetric, true"})
  void by_peers_with_one_address_each(String type, boolean stays, Labs labs, EventLog log)
      throws Exception {
    Lab lab = labs.up(Scenario.parse("public two\n" + world(type, type)));
    CrustNodes nodes = new CrustNodes(lab, log);
    CrustNode two =
        nodes.start("two", "--listen", "tcp://198.51.100.1:4001,quic://198.51.100.1:4001");
    CrustNode one =
        nodes.start("one", "--listen", "tcp://198.51.100.2:4001,quic://198.51.100.2:4001");
    String[] options = {"--bootstrap", one.address(), "--bootstrap", two.address(), "--no-beacon"};
    Pair pair = new Pair(nodes.start("anne", options), nodes.start("ben", options));
    for (CrustNode relay : new CrustNode[] {one, two}) {
      pair.anne.awaitReservation(relay);
      pair.ben.awaitReservation(relay);
    }
    if (stays) {
      pair.anne.type("connect " + pair.ben.id());
      pair.anne.await("stays-relayed", about(pair.ben), CrustNode.PATIENCE);
    } else {
      pair.meet();
    }
  }
}
