package dev.crust.natlab.verify;

import dev.crust.natlab.scenario.Element;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.Server;
import dev.crust.natlab.scenario.Transport;
import dev.crust.natlab.scenario.Unsolicited;
import dev.crust.natlab.sim.Simulation;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Simple hole punching of one pair in the simulator.
 *
 * @param unsolicited what the routers do to unsolicited packets
 * @param skew by how much the second side starts later
 * @param retry whether a refused dial is repeated, at random intervals, from the same port
 */
public record SimPunch(Unsolicited unsolicited, Duration skew, boolean retry) {
  /** Kind routers, both sides at once, one try. */
  public static final SimPunch SIMPLE = new SimPunch(Unsolicited.DROP, Duration.ZERO, false);

  private static final Duration PATIENCE = Duration.ofSeconds(8);

  /** What came of it. */
  public record Outcome(boolean connected, String log) {}

  /** The world of a pair: hosts {@code a} and {@code b} and a STUN server. */
  public Scenario scenario(PunchMatrix.Pair pair) {
    List<Element> elements = new ArrayList<>();
    elements.add(Scenario.publicHost("stun").running(Server.COTURN));
    elements.addAll(pair.one().elements("a", unsolicited));
    elements.addAll(pair.other().elements("b", unsolicited));
    return new Scenario(elements);
  }

  /** Punches. */
  public Outcome run(PunchMatrix.Pair pair, long seed) {
    Simulation world = Simulation.of(scenario(pair), seed);
    Puncher a = puncher(pair, world, "a", seed);
    Puncher b = puncher(pair, world, "b", seed + 1);
    boolean known = world.runUntil(() -> a.ready() && b.ready(), PATIENCE);
    if (known) {
      InetSocketAddress toA = a.reflexive();
      InetSocketAddress toB = b.reflexive();
      a.punch(toB);
      world.after(skew, () -> b.punch(toA));
      world.runUntil(() -> a.connected() && b.connected(), PATIENCE);
    }
    return new Outcome(a.connected() && b.connected(), world.log());
  }

  private Puncher puncher(PunchMatrix.Pair pair, Simulation world, String host, long seed) {
    InetSocketAddress server = new InetSocketAddress(world.host("stun").ipv4(), 3478);
    return pair.transport() == Transport.TCP
        ? new TcpPuncher(world, world.host(host), server, retry, seed)
        : new UdpPuncher(world, world.host(host), server, seed);
  }
}
