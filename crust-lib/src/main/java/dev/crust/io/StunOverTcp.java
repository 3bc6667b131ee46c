package dev.crust.io;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.stun.Retransmission;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunFramer;
import dev.crust.proto.stun.StunMessage;
import dev.crust.proto.stun.StunTransaction;
import dev.crust.proto.stun.TransactionId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One question to a STUN server over TCP (RFC 8489 §6.2.2), on a socket of its own. On the socket's
 * loop.
 */
final class StunOverTcp extends SimpleChannelInboundHandler<ByteBuf> {
  /** Less than our own server bears. */
  private static final Duration HELD = Duration.ofSeconds(20);

  private final Duration timeout;
  private final Consumer<? super StunTransaction.Effect> ended;
  private final StunFramer framer = new StunFramer();
  private final StunTransaction transaction;

  StunOverTcp(Duration timeout, Consumer<? super StunTransaction.Effect> ended) {
    this.timeout = timeout;
    this.ended = ended;
    this.transaction =
        new StunTransaction(
            StunMessage.bindingRequest(TransactionId.random(new SecureRandom())),
            Retransmission.RELIABLE,
            Instant.EPOCH);
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    run(context, transaction.onTimeout(Instant.EPOCH));
    context
        .channel()
        .eventLoop()
        .schedule(
            () -> run(context, transaction.onUnreachable()),
            timeout.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, ByteBuf bytes) {
    byte[] read = new byte[bytes.readableBytes()];
    bytes.readBytes(read);
    try {
      for (byte[] message : framer.onBytes(read)) {
        run(context, transaction.onMessage(StunCodec.decode(message)));
      }
    } catch (MalformedMessageException e) {
      run(context, transaction.onUnreachable());
    }
  }

  private void run(ChannelHandlerContext context, List<StunTransaction.Effect> effects) {
    for (StunTransaction.Effect effect : effects) {
      if (effect instanceof StunTransaction.Effect.Send send) {
        context.writeAndFlush(Unpooled.wrappedBuffer(StunCodec.encode(send.request())));
      } else {
        ended.accept(effect);
        if (effect instanceof StunTransaction.Effect.Answered) {
          hold(context.channel());
        } else {
          context.close();
        }
      }
    }
  }

  /** While the connection lasts, so does the mapping that was learnt. Nothing more is read. */
  private static void hold(Channel socket) {
    socket.config().setAutoRead(false);
    socket.eventLoop().schedule(() -> socket.close(), HELD.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** The server cannot be reached, or has hung up. */
  void unreachable() {
    transaction.onUnreachable().forEach(ended);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    unreachable();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
    context.close();
  }
}
