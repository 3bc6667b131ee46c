package dev.crust.natlab.sim;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;

/** A UDP socket of a simulated host. */
public final class SimUdpSocket implements AutoCloseable {
  private final UdpStack stack;
  private final SimHost host;
  private final Optional<InetAddress> bound;
  private final int port;
  private final DatagramHandler handler;

  SimUdpSocket(
      UdpStack stack,
      SimHost host,
      Optional<InetAddress> bound,
      int port,
      DatagramHandler handler) {
    this.stack = stack;
    this.host = host;
    this.bound = bound;
    this.port = port;
    this.handler = handler;
  }

  /** The port. */
  public int port() {
    return port;
  }

  /** The address bound to, or the host's first one, and the port. */
  public InetSocketAddress local() {
    return new InetSocketAddress(bound.orElseGet(host::ipv4), port);
  }

  /** Sends a datagram, to a host, a group or all on the LAN; without a way there it is lost. */
  public void send(InetSocketAddress to, byte[] data) {
    send(to, data, Packet.TTL);
  }

  /** Sends a datagram that passes at most {@code ttl - 1} routers. */
  public void send(InetSocketAddress to, byte[] data, int ttl) {
    Optional<InetAddress> source = bound.or(() -> host.sourceTowards(to.getAddress()));
    source.ifPresent(
        address ->
            host.send(
                new Packet(
                    new InetSocketAddress(address, port), to, ttl, new Packet.Udp(data.clone()))));
  }

  /** Hears a multicast group on every network of the host. */
  public void join(InetAddress group) {
    host.nics().forEach(nic -> nic.groups.add(group));
  }

  @Override
  public void close() {
    stack.close(this);
  }

  boolean hears(InetAddress address) {
    return address.isMulticastAddress()
        ? host.nics().stream().anyMatch(nic -> nic.groups.contains(address))
        : bound.isEmpty() || bound.get().equals(address);
  }

  Optional<InetAddress> bound() {
    return bound;
  }

  DatagramHandler handler() {
    return handler;
  }
}
