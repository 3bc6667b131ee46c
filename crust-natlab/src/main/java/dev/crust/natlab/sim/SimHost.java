package dev.crust.natlab.sim;

import dev.crust.natlab.sim.Packet.Icmp;
import dev.crust.natlab.sim.Packet.IcmpKind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * A host of a simulation: opens UDP and TCP sockets as a Linux host does. What happens to them is
 * told to handlers, on the simulation's only thread, at the virtual time at which it happens.
 */
public final class SimHost {
  private static final int EPHEMERAL_FROM = 32_768;
  private static final int EPHEMERAL_TO = 61_000;

  private final World world;
  private final String name;
  private final List<Nic> nics = new ArrayList<>();
  private final RandomGenerator random;
  private final UdpStack udp;
  private final TcpStack tcp;

  SimHost(World world, String name) {
    this.world = world;
    this.name = name;
    this.random = world.split();
    this.udp = new UdpStack(this);
    this.tcp = new TcpStack(world, this);
  }

  /** Its name in the scenario. */
  public String name() {
    return name;
  }

  /** All its addresses, those of its first network first, IPv4 before IPv6. */
  public List<InetAddress> addresses() {
    return nics.stream().flatMap(nic -> nic.addresses.stream()).toList();
  }

  /** The first IPv4 address. */
  public InetAddress ipv4() {
    return addresses().get(0);
  }

  /**
   * Opens a UDP socket on all addresses.
   *
   * @param port the port, 0 for any
   * @throws IllegalStateException if the port is taken
   */
  public SimUdpSocket openUdp(int port, DatagramHandler handler) {
    return udp.open(Optional.empty(), port, handler);
  }

  /**
   * Opens a UDP socket on one address.
   *
   * @throws IllegalStateException if the port is taken there
   */
  public SimUdpSocket openUdp(InetSocketAddress local, DatagramHandler handler) {
    return udp.open(Optional.of(local.getAddress()), local.getPort(), handler);
  }

  /**
   * Listens for TCP connections on all addresses; connections may also be dialled from this port.
   *
   * @param port the port, 0 for any
   * @param handler is told of every connection that comes in, and of what happens on it
   * @throws IllegalStateException if somebody listens there
   */
  public SimTcpListener listenTcp(int port, TcpHandler handler) {
    return tcp.listen(port, handler);
  }

  /**
   * Dials from a port, shared with listeners and other connections (SO_REUSEADDR, SO_REUSEPORT).
   * The outcome is told to the handler.
   *
   * @param localPort the port, 0 for any
   */
  public SimTcpConnection connectTcp(int localPort, InetSocketAddress remote, TcpHandler handler) {
    return tcp.connect(localPort, remote, handler);
  }

  @Override
  public String toString() {
    return name;
  }

  void attach(Nic nic) {
    nics.add(nic);
  }

  List<Nic> nics() {
    return nics;
  }

  int ephemeralPort() {
    return random.nextInt(EPHEMERAL_FROM, EPHEMERAL_TO);
  }

  RandomGenerator random() {
    return random;
  }

  boolean has(InetAddress address) {
    return nics.stream().anyMatch(nic -> nic.addresses.contains(address));
  }

  /** The interface towards an address: its own network first, then the way to the Internet. */
  Optional<Nic> towards(InetAddress address) {
    return nics.stream()
        .filter(nic -> nic.reaches(address))
        .findFirst()
        .or(() -> nics.stream().filter(Nic::isDefault).findFirst())
        .or(() -> nics.stream().findFirst().filter(nic -> address.isMulticastAddress()));
  }

  /** The address that packets to there come from if the socket is bound to none. */
  Optional<InetAddress> sourceTowards(InetAddress address) {
    return has(address)
        ? Optional.of(address)
        : towards(address).flatMap(nic -> sameFamily(nic.addresses, address));
  }

  private static Optional<InetAddress> sameFamily(List<InetAddress> addresses, InetAddress remote) {
    return addresses.stream().filter(each -> each.getClass() == remote.getClass()).findFirst();
  }

  void send(Packet packet) {
    InetAddress to = packet.destination().getAddress();
    if (has(to)) {
      world.timeline().at(world.timeline().nanos(), () -> receive(packet));
      return;
    }
    Optional<Nic> nic =
        nics.stream()
            .filter(each -> each.addresses.contains(packet.source().getAddress()))
            .filter(each -> each.reaches(to) || each.isDefault() || to.isMulticastAddress())
            .findFirst()
            .or(() -> towards(to));
    log("send", packet);
    if (nic.isEmpty()) {
      log("no-route", packet);
    } else if (packet.size() > nic.get().mtu) {
      log("too-big", packet);
      Packet error = packet.error(packet.source(), IcmpKind.TOO_BIG, nic.get().mtu);
      world.timeline().at(world.timeline().nanos(), () -> receive(error));
    } else {
      nic.get().send(packet);
    }
  }

  void receive(Packet packet) {
    log("recv", packet);
    if (packet.payload() instanceof Icmp icmp) {
      if (icmp.about().tcp()) {
        tcp.onError(icmp);
      } else {
        udp.onError(icmp);
      }
    } else if (packet.tcp()) {
      tcp.onSegment(packet);
    } else {
      udp.onDatagram(packet);
    }
  }

  void log(String verb, Packet packet) {
    world.log().write(name, verb, packet);
  }
}
