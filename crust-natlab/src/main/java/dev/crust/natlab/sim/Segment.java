package dev.crust.natlab.sim;

import dev.crust.natlab.scenario.Subnet;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** A LAN: a switch that hosts and perhaps a router are plugged in to. */
final class Segment {
  /** What a cable and a switch take, so that nothing is heard at the instant it is said. */
  private static final long LATENCY = 50_000;

  /** The largest packet of an Ethernet. */
  static final int MTU = 1500;

  private final World world;
  private final String name;
  private final List<Subnet> subnets;
  private final Map<InetAddress, Consumer<Packet>> members = new LinkedHashMap<>();
  private Optional<Consumer<Packet>> gateway = Optional.empty();

  Segment(World world, String name, List<Subnet> subnets) {
    this.world = world;
    this.name = name;
    this.subnets = List.copyOf(subnets);
  }

  void plug(List<InetAddress> addresses, Consumer<Packet> member) {
    addresses.forEach(address -> members.put(address, member));
  }

  void gateway(Consumer<Packet> router) {
    gateway = Optional.of(router);
  }

  boolean hasGateway() {
    return gateway.isPresent();
  }

  boolean local(InetAddress address) {
    return subnets.stream().anyMatch(subnet -> subnet.contains(address));
  }

  /** Whether an address means everybody here: limited or directed broadcast, or a group. */
  boolean toAll(InetAddress address) {
    return address.isMulticastAddress()
        || subnets.stream().anyMatch(subnet -> isBroadcast(subnet, address))
        || address.getHostAddress().equals("255.255.255.255");
  }

  /** Sends on behalf of a member, who does not hear itself. */
  void send(Packet packet, Consumer<Packet> from) {
    InetAddress to = packet.destination().getAddress();
    List<Consumer<Packet>> targets = new ArrayList<>();
    if (toAll(to)) {
      members.values().stream().distinct().filter(each -> each != from).forEach(targets::add);
    } else if (members.containsKey(to)) {
      Optional.ofNullable(members.get(to)).ifPresent(targets::add);
    } else if (!local(to)) {
      gateway.filter(router -> router != from).ifPresent(targets::add);
    }
    if (targets.isEmpty()) {
      world.log().write(name, "nobody", packet);
    }
    long arrival = world.timeline().nanos() + LATENCY;
    targets.forEach(target -> world.timeline().at(arrival, () -> target.accept(packet)));
  }

  private static boolean isBroadcast(Subnet subnet, InetAddress address) {
    int hosts = subnet.network().getAddress().length * 8 - subnet.bits();
    return hosts < 31
        && subnet.network().getAddress().length == 4
        && subnet.address((1 << hosts) - 1).equals(address);
  }
}
