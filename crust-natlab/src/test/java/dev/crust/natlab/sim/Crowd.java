package dev.crust.natlab.sim;

import dev.crust.natlab.scenario.Element;
import dev.crust.natlab.scenario.Link;
import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.Scenario;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Hosts behind mixed NATs: each keeps a UDP mapping open towards a public host, exchanges a
 * datagram with a neighbour now and then, and has a TCP connection that says something every
 * minute.
 */
final class Crowd implements TcpHandler {
  private static final int PORT = 7000;
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(15);
  private static final Duration SAY = Duration.ofMinutes(1);

  private final Simulation world;
  private final SplittableRandom random;
  private final InetSocketAddress hub;
  private final List<InetSocketAddress> seen = new ArrayList<>();
  private long received;

  Crowd(int hosts, long seed, Consumer<String> log) {
    random = new SplittableRandom(seed);
    List<Element> elements = new ArrayList<>();
    elements.add(Scenario.publicHost("hub"));
    List<NatType> types = NatType.all();
    Link line = Link.DEFAULT.withJitter(Duration.ofMillis(5)).withLoss(0.01);
    for (int i = 0; i < hosts; i++) {
      elements.add(Scenario.home("h" + i, types.get(i % types.size())).withLink(line));
    }
    world = Simulation.of(new Scenario(elements), seed, log);
    hub = new InetSocketAddress(world.host("hub").ipv4(), PORT);
    SimUdpSocket socket =
        world
            .host("hub")
            .openUdp(
                hub,
                (from, data) -> {
                  received++;
                  if (seen.size() < hosts && !seen.contains(from)) {
                    seen.add(from);
                  }
                });
    world.host("hub").listenTcp(PORT, this);
    for (int i = 0; i < hosts; i++) {
      start(world.host("h" + i));
    }
    world.after(KEEP_ALIVE, () -> greet(socket));
  }

  long run(Duration time) {
    world.runFor(time);
    return received;
  }

  long events() {
    return world.events();
  }

  private void start(SimHost host) {
    SimUdpSocket socket = host.openUdp(0, (from, data) -> received++);
    Duration offset = Duration.ofMillis(random.nextInt(15_000));
    world.after(offset, () -> keepAlive(socket));
    world.after(offset, () -> say(host.connectTcp(0, hub, this)));
  }

  private void keepAlive(SimUdpSocket socket) {
    socket.send(hub, new byte[20]);
    if (!seen.isEmpty()) {
      socket.send(seen.get(random.nextInt(seen.size())), new byte[40]);
    }
    world.after(KEEP_ALIVE, () -> keepAlive(socket));
  }

  private void say(SimTcpConnection connection) {
    if (connection.established()) {
      connection.write(new byte[200]);
    }
    world.after(SAY, () -> say(connection));
  }

  private void greet(SimUdpSocket socket) {
    seen.forEach(address -> socket.send(address, new byte[60]));
    world.after(KEEP_ALIVE, () -> greet(socket));
  }

  @Override
  public void received(SimTcpConnection connection, byte[] data) {
    received++;
  }
}
