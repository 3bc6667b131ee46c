package dev.crust.io;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunMessage;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A few sockets on fresh UDP ports of one local address that speak STUN: from them one learns what
 * NAT stands before that address. All of it happens on the control loop.
 */
public final class StunBindings implements AutoCloseable {
  /** No answer that we could ask for is longer. */
  private static final int MAX_ANSWER = 2048;

  /** Who hears what comes in. On the control loop. */
  public interface Ear {
    /** A message has come to the socket of this number. */
    void onMessage(int binding, InetSocketAddress from, StunMessage message);
  }

  private final List<Channel> channels = new ArrayList<>();

  private StunBindings() {}

  /**
   * Opens so many.
   *
   * @return them, or an IOException if one cannot be had; completed on the control loop
   */
  public static CompletableFuture<StunBindings> open(
      EventLoops loops, InetAddress local, int count, Ear ear) {
    StunBindings bindings = new StunBindings();
    return bindings
        .openNext(loops, new InetSocketAddress(local, 0), count, ear)
        .whenComplete(
            (done, failed) -> {
              if (failed != null) {
                bindings.close();
              }
            })
        .thenApply(done -> bindings);
  }

  private CompletableFuture<Void> openNext(
      EventLoops loops, InetSocketAddress local, int left, Ear ear) {
    if (left == 0) {
      return CompletableFuture.completedFuture(null);
    }
    CompletableFuture<Void> opened = new CompletableFuture<>();
    new Bootstrap()
        .group(loops.control())
        .channelFactory(loops.datagramChannel(local.getAddress()))
        .handler(new Reader(channels.size(), ear))
        .bind(local)
        .addListener(
            (ChannelFuture bound) -> {
              if (bound.isSuccess()) {
                channels.add(bound.channel());
                opened.complete(null);
              } else {
                opened.completeExceptionally(
                    new IOException("no UDP socket at " + local.getAddress(), bound.cause()));
              }
            });
    return opened.thenCompose(done -> openNext(loops, local, left - 1, ear));
  }

  /** Their addresses, by number. */
  public List<InetSocketAddress> locals() {
    return channels.stream()
        .map(channel -> Addresses.plain((InetSocketAddress) channel.localAddress()))
        .toList();
  }

  /** Sends from the socket of this number. */
  public void send(int binding, InetSocketAddress to, StunMessage message) {
    Channel channel = channels.get(binding);
    channel.writeAndFlush(
        new DatagramPacket(Unpooled.wrappedBuffer(StunCodec.encode(message)), to),
        channel.voidPromise());
  }

  @Override
  public void close() {
    channels.forEach(Channel::close);
  }

  private static final class Reader extends SimpleChannelInboundHandler<DatagramPacket> {
    private final int binding;
    private final Ear ear;

    Reader(int binding, Ear ear) {
      this.binding = binding;
      this.ear = ear;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
      ByteBuf content = packet.content();
      if (content.readableBytes() > MAX_ANSWER) {
        return;
      }
      byte[] bytes = new byte[content.readableBytes()];
      content.readBytes(bytes);
      try {
        ear.onMessage(binding, packet.sender(), StunCodec.decode(bytes));
      } catch (MalformedMessageException e) {
        // Whoever finds this port may send to it; only answers to our questions count.
        return;
      }
    }

    /** A refusal by ICMP: the question goes unanswered. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {}
  }
}
