package dev.crust.natlab.node;

import static dev.crust.natlab.node.CrustNode.about;
import static dev.crust.natlab.node.CrustNode.is;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.junit.Labs;
import dev.crust.natlab.scenario.Element;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.Transport;
import dev.crust.natlab.scenario.Unsolicited;
import dev.crust.natlab.verify.Place;
import dev.crust.natlab.verify.PunchMatrix;
import dev.crust.natlab.verify.SimPunch;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Two peers at two places who know each other's address, in both worlds. */
record Meeting(Place one, Place other) {
  /** What there is when nothing connects. */
  static final String NOTHING = "nothing";

  /** The method of a path by a peer that relays. */
  static final String RELAYED = "relayed";

  /** The only port that every place lets out; and by UDP, where it is let out, what STUN needs. */
  private static final String RELAY =
      "tcp://198.51.100.1:443,quic://198.51.100.1:4001,quic://203.0.113.1:4001";

  /**
   * In the kernel: both run the command line, join through a public node, which every place
   * reaches, and dial each other.
   *
   * @param expected a direct path may come a little after a relayed one, so if it is none by relay
   *     that is expected, such a one is waited for
   * @return how the path between them came about, or {@link #NOTHING}
   */
  String inKernel(String expected, Labs labs, EventLog log) throws Exception {
    List<Element> world = new ArrayList<>(List.of(Scenario.publicHost("relay")));
    world.addAll(one.elements("a", Unsolicited.DROP));
    world.addAll(other.elements("b", Unsolicited.DROP));
    CrustNodes nodes = new CrustNodes(labs.up(new Scenario(world)), log);
    CrustNode relay = nodes.start("relay", "--listen", RELAY, "--no-beacon");
    CrustNode a = nodes.start("a", "--bootstrap", relay.address(), "--no-beacon");
    CrustNode b = nodes.start("b", "--bootstrap", relay.address(), "--no-beacon");
    a.awaitReservation(relay);
    b.awaitReservation(relay);

    a.type("connect " + b.address());
    b.type("connect " + a.address());
    JsonNode outcome = outcome(a, b);
    if (is("connect-failed").test(outcome)) {
      // The other's dial may still succeed: as one connection, of which both are told.
      outcome = outcome(b, a);
    }
    if (is("connect-failed").test(outcome)) {
      return NOTHING;
    }
    // The side that was dialled learns of it later.
    a.awaitConnected(b);
    b.awaitConnected(a);
    a.say("hello", b);
    b.say("hello yourself", a);
    String method = outcome.at("/path/method").asText();
    if (method.equals(RELAYED) && !expected.equals(RELAYED)) {
      return a.awaitSince(
              CrustNode.Moment.START,
              "a direct path",
              about(b).and(is("path-changed")).and(event -> !event.at("/to/relay").isTextual()),
              CrustNode.PATIENCE)
          .at("/to/method")
          .asText();
    }
    return method;
  }

  private static JsonNode outcome(CrustNode node, CrustNode peer) throws InterruptedException {
    return node.awaitSince(
        CrustNode.Moment.START,
        "an outcome of its dial",
        about(peer).and(is("connected").or(is("connect-failed"))),
        CrustNode.PATIENCE);
  }

  /** In the simulator, by simple punching: by which transports they meet. */
  String bySimplePunching(EventLog log) {
    return Stream.of(Transport.UDP, Transport.TCP)
        .filter(transport -> punches(transport, log))
        .map(transport -> transport == Transport.UDP ? "udp" : "tcp")
        .collect(
            Collectors.collectingAndThen(
                Collectors.joining("+"), met -> met.isEmpty() ? NOTHING : met));
  }

  private boolean punches(Transport transport, EventLog log) {
    PunchMatrix.Pair pair = new PunchMatrix.Pair(transport, one, other);
    SimPunch.Outcome outcome = SimPunch.SIMPLE.run(pair, 1);
    log.addAtEnd("the simulator's log of " + pair, outcome::log);
    return outcome.connected();
  }
}
