package dev.crust.io;

import dev.crust.Reason;
import dev.crust.proto.reachability.Nonce;
import dev.crust.spi.Protocol;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A socket by which a nonce is brought to somebody who has asked to be dialled back: at a fresh
 * port, for that alone. On the control loop.
 */
public final class NonceSocket {
  /** What came of it. Whether it was received, only the receiver knows. */
  public enum Outcome {
    /** It was sent, or nobody let it in. */
    TRIED,
    /** Nothing could be sent from here. */
    NOT_TRIED
  }

  private NonceSocket() {}

  /**
   * Brings a nonce.
   *
   * @param from the address of ours to come from
   * @param patience for connecting, where that is needed
   * @param ended hears once what came of it
   */
  public static void bring(
      Nonce nonce,
      Protocol by,
      InetAddress from,
      InetSocketAddress to,
      Duration patience,
      EventLoops loops,
      Consumer<? super Outcome> ended) {
    InetSocketAddress local = new InetSocketAddress(from, 0);
    switch (by) {
      case UDP -> datagram(nonce, local, to, loops, ended);
      case TCP -> connection(nonce, local, to, patience, loops, ended);
    }
  }

  private static void datagram(
      Nonce nonce,
      InetSocketAddress local,
      InetSocketAddress to,
      EventLoops loops,
      Consumer<? super Outcome> ended) {
    new Bootstrap()
        .group(loops.control())
        .channelFactory(loops.datagramChannel(local.getAddress()))
        .handler(new Deaf())
        .option(ChannelOption.AUTO_READ, false)
        .bind(local)
        .addListener(
            (ChannelFuture bound) -> {
              if (!bound.isSuccess()) {
                ended.accept(Outcome.NOT_TRIED);
                return;
              }
              bound
                  .channel()
                  .writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(nonce.encode()), to))
                  .addListener(
                      sent -> {
                        ended.accept(sent.isSuccess() ? Outcome.TRIED : Outcome.NOT_TRIED);
                        bound.channel().close();
                      });
            });
  }

  private static void connection(
      Nonce nonce,
      InetSocketAddress local,
      InetSocketAddress to,
      Duration patience,
      EventLoops loops,
      Consumer<? super Outcome> ended) {
    new Bootstrap()
        .group(loops.control())
        .channel(loops.socketChannel())
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) patience.toMillis())
        .option(ChannelOption.AUTO_READ, false)
        .handler(new Deaf())
        .connect(to, local)
        .addListener(
            (ChannelFuture connected) -> {
              if (connected.isSuccess()) {
                connected
                    .channel()
                    .writeAndFlush(Unpooled.wrappedBuffer(nonce.encode()))
                    .addListener(ChannelFutureListener.CLOSE);
              }
              ended.accept(outcome(connected.cause()));
            });
  }

  private static Outcome outcome(@Nullable Throwable failed) {
    boolean unreachable =
        failed != null && Failures.ofConnect(failed).reason() == Reason.UNREACHABLE;
    return unreachable ? Outcome.NOT_TRIED : Outcome.TRIED;
  }

  /** Whatever a socket has to say beside its outcome is of no interest. */
  private static final class Deaf extends ChannelInboundHandlerAdapter {
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
      context.close();
    }
  }
}
