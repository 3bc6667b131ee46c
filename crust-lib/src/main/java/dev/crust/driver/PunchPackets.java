package dev.crust.driver;

import dev.crust.io.UdpPort;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.punch.PunchPacket;
import dev.crust.spi.PunchToken;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Who gets the punch packets that come to our UDP ports. On the control loop, but for packets. */
final class PunchPackets {
  private final EndpointContext context;
  private final Listeners listeners;

  /** Read by the loops of the UDP ports. */
  private final Map<PunchToken, UdpPunching> listening = new ConcurrentHashMap<>();

  PunchPackets(EndpointContext context, Listeners listeners) {
    this.context = context;
    this.listeners = listeners;
  }

  /** Punch packets with this token are for that effort. */
  void listen(PunchToken token, UdpPunching effort) {
    listening.put(token, effort);
    for (UdpPort port : listeners.udp()) {
      port.stun().listener((datagram, source) -> onDatagram(port, datagram, source));
    }
  }

  /** No more of them. */
  void ignore(PunchToken token, UdpPunching effort) {
    listening.remove(token, effort);
  }

  /** On the port's loop. */
  private boolean onDatagram(UdpPort port, ByteBuffer datagram, InetSocketAddress source) {
    byte[] bytes = new byte[Math.min(datagram.remaining(), PunchPacket.LENGTH + 1)];
    datagram.get(bytes);
    try {
      PunchPacket packet = PunchPacket.decode(bytes);
      UdpPunching effort = listening.get(packet.token());
      if (effort == null) {
        return false;
      }
      context.onControl(() -> effort.onPacket(port, source, packet));
      return true;
    } catch (MalformedMessageException e) {
      return false;
    }
  }
}
