package dev.crust.io;

import dev.crust.proto.stun.StunTransaction;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * The port of a listener as one to dial from, so that answers and those who are dialled find the
 * same hole in a NAT. Thread-safe.
 *
 * @param local where it is, at an address that leads to whom it was asked for
 */
public record PunchPort(InetSocketAddress local, TcpPort tcp, PunchSocket.Becoming becoming) {
  /** Who punches gives up before. */
  private static final int CONNECT_MILLIS = 60_000;

  /**
   * Asks a STUN server how the world sees this port.
   *
   * @param timeout for connecting, and as long again for the answer
   * @param ended hears once, on the socket's loop, how it ended: Answered, Refused or TimedOut
   * @return what drops the connection, which else keeps the mapping for a while after an answer
   */
  public Runnable ask(
      InetSocketAddress server, Duration timeout, Consumer<? super StunTransaction.Effect> ended) {
    return tcp.ask(server, local, timeout, ended);
  }

  /** Dials from here. */
  public PunchSocket dial(InetSocketAddress remote, PunchSocket.Ear ear) {
    PunchSocket socket = new PunchSocket(remote, true, becoming, ear);
    Bootstrap bootstrap =
        tcp.bootstrap()
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.AUTO_READ, false)
            // Once a SYN of the peer's has come, one that is closed would linger otherwise.
            .option(ChannelOption.SO_LINGER, 0)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
            .handler(socket);
    tcp.loops().shareLocalPort(bootstrap);
    ChannelFuture connecting = bootstrap.connect(remote, local);
    socket.at(connecting.channel());
    connecting.addListener(
        done -> {
          if (!done.isSuccess()) {
            socket.unreachable(done.cause());
          }
        });
    return socket;
  }
}
