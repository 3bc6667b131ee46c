package dev.crust.natlab.sim;

import dev.crust.natlab.sim.Packet.Icmp;
import dev.crust.natlab.sim.Packet.Tcp;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The TCP of a host: listeners and connections, found by their ends. */
final class TcpStack {
  private record Ends(InetSocketAddress local, InetSocketAddress remote) {}

  private final World world;
  private final SimHost host;
  private final int secret;
  private final Map<Integer, SimTcpListener> listeners = new HashMap<>();
  private final Map<Ends, SimTcpConnection> connections = new HashMap<>();

  TcpStack(World world, SimHost host) {
    this.world = world;
    this.host = host;
    this.secret = host.random().nextInt();
  }

  World world() {
    return world;
  }

  SimHost host() {
    return host;
  }

  SimTcpListener listen(int wanted, TcpHandler handler) {
    int port = wanted;
    while (port == 0 || (wanted == 0 && listeners.containsKey(port))) {
      port = host.ephemeralPort();
    }
    if (listeners.containsKey(port)) {
      throw new IllegalStateException("TCP port " + port + " of " + host + " is taken");
    }
    SimTcpListener listener = new SimTcpListener(this, port, handler);
    listeners.put(port, listener);
    return listener;
  }

  void unlisten(int port) {
    listeners.remove(port);
  }

  SimTcpConnection connect(int wanted, InetSocketAddress remote, TcpHandler handler) {
    Optional<InetAddress> source = host.sourceTowards(remote.getAddress());
    InetSocketAddress local =
        new InetSocketAddress(
            source.orElseGet(host::ipv4), wanted == 0 ? host.ephemeralPort() : wanted);
    SimTcpConnection connection = new SimTcpConnection(this, local, remote, handler);
    Ends ends = new Ends(local, remote);
    if (source.isEmpty()) {
      connection.failLater(TcpFailure.UNREACHABLE);
    } else if (connections.containsKey(ends)) {
      connection.failLater(TcpFailure.IN_USE);
    } else {
      connections.put(ends, connection);
      connection.dial(isn(ends));
    }
    return connection;
  }

  void forget(SimTcpConnection connection) {
    connections.remove(new Ends(connection.local(), connection.remote()), connection);
  }

  void onSegment(Packet packet) {
    Tcp segment = (Tcp) packet.payload();
    Ends ends = new Ends(packet.destination(), packet.source());
    SimTcpConnection connection = connections.get(ends);
    if (connection != null) {
      connection.onSegment(segment);
      return;
    }
    SimTcpListener listener = listeners.get(packet.destination().getPort());
    if (listener != null && segment.syn() && !segment.ack() && !segment.rst()) {
      SimTcpConnection incoming =
          new SimTcpConnection(this, ends.local(), ends.remote(), listener.handler());
      connections.put(ends, incoming);
      incoming.accept(isn(ends), segment);
    } else if (!segment.rst()) {
      host.send(packet.reset());
    }
  }

  void onError(Icmp icmp) {
    @Nullable SimTcpConnection connection =
        connections.get(new Ends(icmp.about().source(), icmp.about().destination()));
    if (connection != null) {
      connection.onError(icmp);
    }
  }

  /** RFC 6528: apart for each pair of ends, and moving on every 64 ns as Linux's does. */
  private int isn(Ends ends) {
    return secret + ends.hashCode() * 31 + (int) (world.timeline().nanos() >> 6);
  }
}
