package dev.crust.natlab.sim;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunFramer;
import dev.crust.proto.stun.StunMessage;
import dev.crust.proto.stun.StunServer;
import dev.crust.proto.stun.StunServer.Alternates;
import dev.crust.proto.stun.StunServer.Transport;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * STUN on both addresses of a public host, ports 3478 and 3479, UDP and TCP: what coturn is to the
 * kernel's lab.
 */
final class SimStunServer implements TcpHandler {
  static final int PORT = 3478;
  static final int OTHER_PORT = 3479;

  private final Optional<Alternates> alternates;
  private final Map<InetSocketAddress, SimUdpSocket> sockets = new HashMap<>();
  private final Map<SimTcpConnection, StunFramer> streams = new HashMap<>();

  private SimStunServer(SimHost host) {
    alternates =
        Optional.of(
            new Alternates(
                new InetSocketAddress(host.addresses().get(0), PORT),
                new InetSocketAddress(host.addresses().get(1), OTHER_PORT)));
    for (int i = 0; i < 2; i++) {
      for (int port : new int[] {PORT, OTHER_PORT}) {
        InetSocketAddress on = new InetSocketAddress(host.addresses().get(i), port);
        DatagramHandler answer = (from, data) -> onDatagram(on, from, data);
        sockets.put(on, host.openUdp(on, answer));
      }
    }
    host.listenTcp(PORT, this);
    host.listenTcp(OTHER_PORT, this);
  }

  static void start(SimHost host) {
    new SimStunServer(host);
  }

  private void onDatagram(InetSocketAddress on, InetSocketAddress from, byte[] data) {
    try {
      StunMessage request = StunCodec.decode(data);
      StunServer.answer(request, data.length, Transport.UDP, on, from, alternates)
          .ifPresent(reply -> send(reply));
    } catch (MalformedMessageException e) {
      // Not for us: a server on the Internet hears all sorts of things.
    }
  }

  private void send(StunServer.Reply reply) {
    SimUdpSocket socket = sockets.get(reply.from());
    if (socket == null) {
      throw new IllegalStateException("no socket on " + reply.from());
    }
    socket.send(reply.to(), StunCodec.encode(reply.message()));
  }

  @Override
  public void connected(SimTcpConnection connection) {
    streams.put(connection, new StunFramer());
  }

  @Override
  public void received(SimTcpConnection connection, byte[] data) {
    StunFramer framer = streams.get(connection);
    if (framer == null) {
      return;
    }
    try {
      for (byte[] bytes : framer.onBytes(data)) {
        StunServer.answer(
                StunCodec.decode(bytes),
                bytes.length,
                Transport.TCP,
                connection.local(),
                connection.remote(),
                alternates)
            .ifPresent(reply -> connection.write(StunCodec.encode(reply.message())));
      }
    } catch (MalformedMessageException e) {
      failed(connection, TcpFailure.RESET);
      connection.abort();
    }
  }

  @Override
  public void ended(SimTcpConnection connection) {
    streams.remove(connection);
    connection.close();
  }

  @Override
  public void failed(SimTcpConnection connection, TcpFailure failure) {
    streams.remove(connection);
  }
}
