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
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two homes behind NATs and a peer of both on the public network: they talk through that, and
 * directly as soon as a hole is punched.
 */
@NatLab
@Execution(CONCURRENT)
final class PunchedTest {
  private static final Set<String> ANY = Set.of("tcp", "quic");

  private static String world(String one, String other) {
    return "public one\nhome anne %s\nhome ben %s".formatted(one, other);
  }

  private static Pair pair(String one, String other, Labs labs, EventLog log) throws Exception {
    return pair(labs.up(Scenario.parse(world(one, other))), log, "any");
  }

  /**
   * Of two who speak one transport.
   *
   * @param by the transport, or {@code any}
   */
  private static Pair pair(Lab lab, EventLog log, String by) throws Exception {
    CrustNodes nodes = new CrustNodes(lab, log);
    CrustNode relay = nodes.start("one", "--no-beacon");
    String[] options = with(by, "--bootstrap", relay.address(), "--no-beacon");
    CrustNode anne = nodes.start("anne", options);
    CrustNode ben = nodes.start("ben", options);
    anne.awaitReservation(relay);
    ben.awaitReservation(relay);
    return new Pair(anne, ben, by);
  }

  private static String[] with(String transport, String... options) {
    Stream<String> more =
        transport.equals("any") ? Stream.of() : Stream.of("--transport", transport);
    return Stream.concat(Stream.of(options), more).toArray(String[]::new);
  }

  /** Two at home who can be reached through a relay. */
  private record Pair(CrustNode anne, CrustNode ben, String by) {
    /** Connects; they talk before and after they have a direct path. */
    void meet() throws Exception {
      Moment annes = anne.now();
      Moment bens = ben.now();
      anne.type("connect " + ben.id());
      anne.awaitSince(annes, "a connection", about(ben).and(is("connected")), CrustNode.PATIENCE);
      ben.awaitSince(bens, "a connection", about(anne).and(is("connected")), CrustNode.PATIENCE);
      anne.say("by whatever way", ben);
      awaitPunched(anne, ben, annes, by);
      awaitPunched(ben, anne, bens, by);
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

  private static void awaitPunched(CrustNode node, CrustNode peer, Moment since, String by)
      throws Exception {
    JsonNode path = awaitDirect(node, peer, since);
    assertThat(path.path("method").asText()).isEqualTo("punched");
    assertThat(path.path("transport").asText()).isIn(by.equals("any") ? ANY : Set.of(by));
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
  void they_do_by_tcp_alone(Labs labs, EventLog log) throws Exception {
    pair(labs.up(Scenario.parse(world("port-restricted", "eim-random"))), log, "tcp").meet();
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
    anne.awaitConnected(one);
    anne.type("connect " + ben.id());
    assertThat(anne.awaitConnected(ben).at("/path/method").asText()).isEqualTo("direct");
    ben.awaitConnected(anne);
    anne.say("hello", ben);
  }

  @Test
  void a_peer_introduces_two_who_use_no_relay(Labs labs, EventLog log) throws Exception {
    introduced("any", labs, log);
  }

  @Test
  @Tag("full")
  void a_peer_introduces_two_who_speak_tcp_alone(Labs labs, EventLog log) throws Exception {
    introduced("tcp", labs, log);
  }

  private static void introduced(String by, Labs labs, EventLog log) throws Exception {
    String world = "public one\nhome anne port-restricted\nhome ben eim-random";
    CrustNodes nodes = new CrustNodes(labs.up(Scenario.parse(world)), log);
    CrustNode one = nodes.start("one", "--no-beacon", "--no-relay");
    String[] options = with(by, "--bootstrap", one.address(), "--no-beacon", "--no-relay");
    CrustNode anne = nodes.start("anne", options);
    CrustNode ben = nodes.start("ben", options);
    one.awaitConnected(anne);
    one.awaitConnected(ben);
    anne.awaitConnected(one);
    anne.type("connect " + ben.id());
    assertThat(anne.awaitConnected(ben).at("/path/method").asText()).isEqualTo("punched");
    assertThat(ben.awaitConnected(anne).at("/path/method").asText()).isEqualTo("punched");
    anne.say("hello", ben);
    ben.say("hello yourself", anne);
  }

  @ParameterizedTest(name = "{0}_x_{1}_by_{2}")
  @Tag("full")
  @CsvSource({
    "full-cone, full-cone, quic",
    "full-cone, symmetric, quic",
    "addr-restricted, symmetric-seq, quic",
    "addr-restricted, port-restricted, quic",
    "port-restricted, eim-random, quic",
    "port-restricted, linux, quic",
    "linux, linux, quic",
    "eim-random, eim-random, quic",
    "port-restricted unsolicited rst, addr-restricted, quic",
    "fw, fw, tcp",
    "full-cone, addr-restricted, tcp",
    "port-restricted, port-restricted, tcp",
    "port-restricted, linux, tcp",
    "linux, linux, tcp",
    "eim-random, eim-random, tcp",
    "udp-blocked, port-restricted, tcp",
    "port-restricted unsolicited rst, port-restricted unsolicited rst, tcp",
    "linux unsolicited accept, linux unsolicited rst, tcp",
    "full-cone, full-cone, any",
    // The routers take what nobody asked for, and would then give a punched port away.
    "linux unsolicited accept, linux unsolicited accept, quic",
    "linux unsolicited accept, port-restricted, quic",
    "linux unsolicited accept, linux unsolicited accept, any",
    "port-restricted unsolicited rst, linux, any"
  })
  void every_pair_that_simple_punching_reaches(
      String one, String other, String by, Labs labs, EventLog log) throws Exception {
    pair(labs.up(Scenario.parse(world(one, other))), log, by).meet();
  }

  @ParameterizedTest
  @Tag("full")
  @ValueSource(strings = {"quic", "tcp", "any"})
  void twenty_times_in_a_row(String by, Labs labs, EventLog log) throws Exception {
    Pair pair = pair(labs.up(Scenario.parse(world("port-restricted", "eim-random"))), log, by);
    for (int i = 0; i < 20; i++) {
      pair.meet();
      pair.part();
    }
  }

  /** By the only way that is left to one of them, with nothing said of transports. */
  @Test
  @Tag("full")
  void where_udp_is_blocked_tcp_is_punched(Labs labs, EventLog log) throws Exception {
    Pair pair = pair("udp-blocked", "port-restricted", labs, log);
    new Pair(pair.anne, pair.ben, "tcp").meet();
  }

  /** The mapping is another then, and so is what was known of it. */
  @Test
  @Tag("full")
  void a_reboot_of_a_router_costs_a_moment(Labs labs, EventLog log) throws Exception {
    Lab lab = labs.up(Scenario.parse(world("eim-random", "port-restricted")));
    Pair pair = pair(lab, log, "any");
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

  @ParameterizedTest
  @Tag("full")
  @ValueSource(strings = {"quic", "tcp"})
  void carriers_translate_too(String by, Labs labs, EventLog log) throws Exception {
    String world =
        """
        public one
        carrier east port-restricted
        carrier west port-restricted
        home anne port-restricted behind east
        home ben port-restricted behind west
        """;
    pair(labs.up(Scenario.parse(world)), log, by).meet();
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
    Pair pair = new Pair(nodes.start("anne", options), nodes.start("ben", options), "any");
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
