package dev.crust.io;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.guard.RateLimit;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunFramer;
import dev.crust.proto.stun.StunMessage;
import dev.crust.proto.stun.StunServer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * STUN on TCP sockets that came in at a listening port (RFC 8489 §6.2.2): a few at once, each for a
 * while and a few questions. Thread-safe; each socket on its own loop.
 */
final class StunSockets {
  private static final int MAX_SOCKETS = 128;
  private static final int MAX_QUESTIONS = 16;
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final RateLimit.Rate EACH = new RateLimit.Rate(32, 16);
  private static final RateLimit.Rate ALL = new RateLimit.Rate(2000, 1000);

  private final AtomicInteger open = new AtomicInteger();
  private final RateLimit limit = new RateLimit(EACH, ALL);
  private volatile List<StunServer.Alternates> alternates = List.of();

  /** Where else we can be asked, if the host has a second address; for each family. */
  void alternates(List<StunServer.Alternates> known) {
    alternates = known;
  }

  /** Takes a socket over that is for STUN, or has shown itself as such. On its loop. */
  void take(Channel socket) {
    if (open.incrementAndGet() > MAX_SOCKETS) {
      open.decrementAndGet();
      socket.close();
      return;
    }
    socket.closeFuture().addListener(closed -> open.decrementAndGet());
    socket.eventLoop().schedule(() -> socket.close(), PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    socket.pipeline().addLast(new Answers());
  }

  private Optional<StunServer.Alternates> alternatesAt(InetSocketAddress here) {
    return alternates.stream().filter(four -> four.has(here)).findFirst();
  }

  private boolean allows(InetAddress source) {
    synchronized (limit) {
      return limit.allows(source, Instant.ofEpochSecond(0, System.nanoTime()));
    }
  }

  /** Answers on one socket. On its loop. */
  private final class Answers extends SimpleChannelInboundHandler<ByteBuf> {
    private final StunFramer framer = new StunFramer();
    private int questions;

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf bytes) {
      byte[] read = new byte[bytes.readableBytes()];
      bytes.readBytes(read);
      InetSocketAddress here = Addresses.plain(context.channel().localAddress());
      InetSocketAddress source = Addresses.plain(context.channel().remoteAddress());
      try {
        for (byte[] message : framer.onBytes(read)) {
          if (++questions > MAX_QUESTIONS || !allows(source.getAddress())) {
            context.close();
            return;
          }
          StunMessage request = StunCodec.decode(message);
          StunServer.answer(
                  request,
                  message.length,
                  StunServer.Transport.TCP,
                  here,
                  source,
                  alternatesAt(here))
              .ifPresent(
                  reply ->
                      context.writeAndFlush(
                          Unpooled.wrappedBuffer(StunCodec.encode(reply.message()))));
        }
      } catch (MalformedMessageException e) {
        context.close();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
      context.close();
    }
  }
}
