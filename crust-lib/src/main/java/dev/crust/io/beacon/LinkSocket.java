package dev.crust.io.beacon;

import dev.crust.proto.beacon.Bytes;
import dev.crust.proto.beacon.Link;
import dev.crust.proto.beacon.Surroundings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;

/**
 * The socket from which the beacon speaks on one link, and to which answers come: bound to the
 * link's address, at a port of its own. On the search's thread.
 */
final class LinkSocket implements AutoCloseable {
  private final Link link;
  private final DatagramChannel channel;
  private final List<InetSocketAddress> targets = new ArrayList<>();

  private LinkSocket(Link link, DatagramChannel channel) throws IOException {
    this.link = link;
    this.channel = channel;
    for (InetAddress target : link.targets()) {
      targets.add(
          new InetSocketAddress(Channels.inZone(target, link.interfaceIndex()), Surroundings.PORT));
    }
  }

  static LinkSocket open(Link link, Selector selector) throws IOException {
    NetworkInterface nif = Channels.networkInterface(link.interfaceIndex());
    DatagramChannel channel = Channels.open(link.ipv6());
    try {
      if (link.targets().stream().anyMatch(InetAddress::isMulticastAddress)) {
        channel.setOption(StandardSocketOptions.IP_MULTICAST_IF, nif);
        channel.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 1);
        channel.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, true);
      }
      if (!link.ipv6()) {
        channel.setOption(StandardSocketOptions.SO_BROADCAST, true);
      }
      channel.bind(new InetSocketAddress(link.address(), 0));
      LinkSocket socket = new LinkSocket(link, channel);
      channel.register(selector, SelectionKey.OP_READ, socket);
      return socket;
    } catch (IOException | RuntimeException e) {
      Channels.close(channel);
      throw e;
    }
  }

  Link link() {
    return link;
  }

  /**
   * Sends to all on the link.
   *
   * @throws IOException if it could be sent to none of the link's targets
   */
  void sendToAll(Bytes datagram) throws IOException {
    IOException failure = null;
    int sent = 0;
    for (InetSocketAddress target : targets) {
      try {
        channel.send(datagram.buffer(), target);
        sent++;
      } catch (IOException e) {
        failure = e; // a network may well carry the one and not the other
      }
    }
    if (sent == 0 && failure != null) {
      throw failure;
    }
  }

  void send(Bytes datagram, InetSocketAddress target) throws IOException {
    channel.send(datagram.buffer(), target);
  }

  @Override
  public void close() {
    Channels.close(channel);
  }
}
