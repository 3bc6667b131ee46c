package dev.crust.io;

import dev.crust.proto.stun.StunCodec;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;

/** A UDP socket at one local address for STUN alone. Thread-safe. */
final class StunPort implements AutoCloseable {
  /** More than the largest request, lest a longer one look like that. */
  private static final int READ_BUFFER = 4096;

  private final Channel channel;
  private final StunDesk stun;

  private StunPort(Channel channel, StunDesk stun) {
    this.channel = channel;
    this.stun = stun;
  }

  /**
   * Opens one.
   *
   * @param address an address of this host, not a wildcard; port 0 for a random one
   * @return completed on the socket's loop; an IOException if the address cannot be had
   */
  static CompletableFuture<StunPort> open(
      EventLoops loops, InstantSource clock, InetSocketAddress address) {
    Drops drops = new Drops();
    StunDesk stun = new StunDesk(new SecureRandom(), clock, drops);
    CompletableFuture<StunPort> opened = new CompletableFuture<>();
    new Bootstrap()
        .group(loops.group())
        .channelFactory(loops.datagramChannel(address.getAddress()))
        .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BUFFER))
        .handler(new Datagrams(stun, drops))
        .bind(address)
        .addListener(
            (ChannelFuture bound) -> {
              if (bound.isSuccess()) {
                stun.attach(bound.channel());
                opened.complete(new StunPort(bound.channel(), stun));
              } else {
                opened.completeExceptionally(bound.cause());
              }
            });
    return opened;
  }

  /** Where it is, with its actual port. */
  InetSocketAddress bound() {
    return Addresses.plain(channel.localAddress());
  }

  StunDesk stun() {
    return stun;
  }

  @Override
  public void close() {
    channel.close();
  }

  /** Passes STUN on. On the socket's loop. */
  private static final class Datagrams extends SimpleChannelInboundHandler<DatagramPacket> {
    private final StunDesk stun;
    private final Drops drops;

    Datagrams(StunDesk stun, Drops drops) {
      this.stun = stun;
      this.drops = drops;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
      if (StunCodec.looksLikeStun(packet.content().nioBuffer())) {
        stun.onStun(packet.content().nioBuffer(), packet.sender());
      } else {
        drops.count(Drops.Kind.NOISE);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
      drops.count(Drops.Kind.SOCKET_ERROR);
    }
  }
}
