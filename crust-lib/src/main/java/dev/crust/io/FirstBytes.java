package dev.crust.io;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.reachability.Nonce;
import dev.crust.proto.stun.StunCodec;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import java.util.List;
import java.util.function.Supplier;

/**
 * Waits for the first bytes on a TCP socket that came in, which say whether it is TLS, STUN or a
 * dial-back: a record of TLS begins with 22, a STUN message with less than 4 and has the cookie at
 * offset 4 (RFC 9443 §3), a {@link Nonce} with 13. On the socket's loop.
 */
final class FirstBytes extends ByteToMessageDecoder {
  private static final int STUN_BELOW = 4;

  private final Supplier<SslHandler> tls;
  private final TcpPipe pipe;
  private final StunSockets stun;
  private final NonceEar nonces;

  FirstBytes(Supplier<SslHandler> tls, TcpPipe pipe, StunSockets stun, NonceEar nonces) {
    this.tls = tls;
    this.pipe = pipe;
    this.stun = stun;
    this.nonces = nonces;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out)
      throws MalformedMessageException {
    int first = in.getUnsignedByte(in.readerIndex());
    if (first == Nonce.MARK) {
      onNonce(context, in);
      return;
    }
    if (first < STUN_BELOW && in.readableBytes() < StunCodec.HEADER) {
      return;
    }
    if (first < STUN_BELOW && StunCodec.looksLikeStun(in.nioBuffer())) {
      context.pipeline().remove(pipe);
      pipe.onOther("STUN, not TLS");
      stun.take(context.channel());
    } else {
      // What is buffered here goes to the next, the budget, when this is removed.
      context.pipeline().addBefore(pipeName(context), "budget", new HandshakeBudget());
      context.pipeline().addBefore(pipeName(context), "tls", tls.get());
    }
    context.pipeline().remove(this);
  }

  private void onNonce(ChannelHandlerContext context, ByteBuf in) throws MalformedMessageException {
    if (in.readableBytes() >= Nonce.LENGTH && context.channel().isActive()) {
      byte[] bytes = new byte[Nonce.LENGTH];
      in.readBytes(bytes).skipBytes(in.readableBytes());
      nonces.onNonce(Nonce.decode(bytes), Addresses.plain(context.channel().remoteAddress()));
      pipe.onOther("a dial-back, not TLS");
      context.close();
    }
  }

  private String pipeName(ChannelHandlerContext context) {
    return context.pipeline().context(pipe).name();
  }
}
