package dev.crust.io.beacon;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.channels.DatagramChannel;
import org.jspecify.annotations.Nullable;

/** What both kinds of the beacon's sockets need. Any thread. */
final class Channels {
  private Channels() {}

  /** A channel that does not block. */
  static DatagramChannel open(boolean ipv6) throws IOException {
    try {
      DatagramChannel channel =
          DatagramChannel.open(ipv6 ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET);
      channel.configureBlocking(false);
      return channel;
    } catch (UnsupportedOperationException e) {
      throw new SocketException("this JVM speaks no IPv" + (ipv6 ? 6 : 4));
    }
  }

  static NetworkInterface networkInterface(int index) throws SocketException {
    NetworkInterface found = NetworkInterface.getByIndex(index);
    if (found == null) {
      throw new SocketException("the interface is gone");
    }
    return found;
  }

  static void close(@Nullable DatagramChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // The descriptor is free either way, and there is nobody to tell.
    }
  }

  /** The address in the zone of an interface; IPv4 has none. */
  static InetAddress inZone(InetAddress address, int index) throws UnknownHostException {
    return address instanceof Inet6Address
        ? Inet6Address.getByAddress(null, address.getAddress(), index)
        : address;
  }
}
