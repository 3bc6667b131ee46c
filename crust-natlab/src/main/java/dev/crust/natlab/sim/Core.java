package dev.crust.natlab.sim;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A router that translates nothing: the Internet itself, or a carrier's inside. It knows each
 * address for itself. Its errors come from the addressee, since it has no address of its own.
 */
final class Core {
  private final World world;
  private final String name;
  private final Map<InetAddress, Consumer<Packet>> routes = new HashMap<>();
  private final Consumer<Packet> beyond;

  /** What has no route goes beyond. */
  Core(World world, String name, Consumer<Packet> beyond) {
    this.world = world;
    this.name = name;
    this.beyond = beyond;
  }

  void route(InetAddress address, Consumer<Packet> way) {
    routes.put(address, way);
  }

  void unroute(InetAddress address) {
    routes.remove(address);
  }

  void receive(Packet packet) {
    if (packet.ttl() > 1) {
      forward(packet.withTtl(packet.ttl() - 1));
      return;
    }
    world.log().write(name, "ttl", packet);
    if (!(packet.payload() instanceof Packet.Icmp)) {
      InetSocketAddress self = new InetSocketAddress(packet.destination().getAddress(), 0);
      forward(packet.error(self, Packet.IcmpKind.TIME_EXCEEDED, 0));
    }
  }

  private void forward(Packet packet) {
    routes.getOrDefault(packet.destination().getAddress(), beyond).accept(packet);
  }
}
