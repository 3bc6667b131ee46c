package dev.crust.natlab.sim;

import dev.crust.natlab.sim.Packet.Icmp;
import dev.crust.natlab.sim.Packet.IcmpKind;
import dev.crust.natlab.sim.Packet.Udp;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The UDP sockets of a host. */
final class UdpStack {
  private final SimHost host;
  private final Map<Integer, List<SimUdpSocket>> sockets = new HashMap<>();

  UdpStack(SimHost host) {
    this.host = host;
  }

  SimUdpSocket open(Optional<InetAddress> address, int wanted, DatagramHandler handler) {
    int port = wanted;
    while (port == 0 || (wanted == 0 && sockets.containsKey(port))) {
      port = host.ephemeralPort();
    }
    List<SimUdpSocket> there = sockets.computeIfAbsent(port, key -> new ArrayList<>(1));
    boolean taken =
        there.stream()
            .anyMatch(
                each ->
                    each.bound().isEmpty() || address.isEmpty() || each.bound().equals(address));
    if (taken) {
      throw new IllegalStateException("UDP port " + port + " of " + host + " is taken");
    }
    SimUdpSocket socket = new SimUdpSocket(this, host, address, port, handler);
    there.add(socket);
    return socket;
  }

  void close(SimUdpSocket socket) {
    sockets.computeIfPresent(
        socket.port(),
        (port, there) -> {
          there.remove(socket);
          return there.isEmpty() ? null : there;
        });
  }

  void onDatagram(Packet packet) {
    InetSocketAddress to = packet.destination();
    InetAddress address = to.getAddress();
    boolean mine = host.has(address);
    boolean heard = false;
    for (SimUdpSocket socket : List.copyOf(sockets.getOrDefault(to.getPort(), List.of()))) {
      if (socket.hears(address) || (!mine && !address.isMulticastAddress())) {
        heard = true;
        socket.handler().received(packet.source(), ((Udp) packet.payload()).data().clone());
      }
    }
    if (!heard && mine) {
      InetSocketAddress self = new InetSocketAddress(address, 0);
      host.send(packet.error(self, IcmpKind.PORT_UNREACHABLE, 0));
    }
  }

  void onError(Icmp icmp) {
    InetSocketAddress local = icmp.about().source();
    if (icmp.kind() == IcmpKind.PORT_UNREACHABLE) {
      List.copyOf(sockets.getOrDefault(local.getPort(), List.of()))
          .forEach(socket -> socket.handler().unreachable(icmp.about().destination()));
    }
  }
}
