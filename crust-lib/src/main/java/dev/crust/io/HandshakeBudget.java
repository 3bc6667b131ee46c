package dev.crust.io;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.util.ReferenceCountUtil;

/** Bounds what a socket may send before it is admitted. On the socket's loop. */
final class HandshakeBudget extends ChannelInboundHandlerAdapter {
  /** Several times a mutual handshake and a Hello. */
  static final int BYTES = 32 << 10;

  private static final int RECORD_HEADER = 5;

  private int received;
  private int firstRecord = RECORD_HEADER;

  /** Whether it ended within the first TLS record: nobody who means well stops there. */
  boolean cutShort() {
    return received > 0 && received < firstRecord;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf buffer = (ByteBuf) message;
    if (received == 0 && buffer.readableBytes() >= RECORD_HEADER) {
      firstRecord += buffer.getUnsignedShort(buffer.readerIndex() + 3);
    }
    received += buffer.readableBytes();
    if (received > BYTES) {
      ReferenceCountUtil.release(message);
      context
          .pipeline()
          .fireExceptionCaught(
              new DecoderException("more than " + BYTES + " bytes came before the Hello"));
    } else {
      context.fireChannelRead(message);
    }
  }
}
