package dev.crust.io;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;

/** A channel of Netty's whose socket is a {@link CircuitWire}. On its loop. */
final class CircuitChannel extends AbstractChannel {
  private static final ChannelMetadata METADATA = new ChannelMetadata(false);

  private final CircuitWire wire;
  private final InetSocketAddress local;
  private final InetSocketAddress remote;
  private final ChannelConfig config = new DefaultChannelConfig(this);
  private boolean open = true;

  CircuitChannel(CircuitWire wire, Circuit.Way way) {
    super(null);
    this.wire = wire;
    this.local = way.local();
    this.remote = way.remote();
    config.setWriteBufferWaterMark(TcpPort.WATER_MARK);
  }

  void onBytes(ByteBuffer bytes) {
    if (open) {
      pipeline().fireChannelRead(Unpooled.wrappedBuffer(bytes));
      pipeline().fireChannelReadComplete();
    }
  }

  void onRoom() {
    if (open) {
      unsafe().flush();
    }
  }

  @Override
  protected void doWrite(ChannelOutboundBuffer waiting) {
    for (ByteBuf next = (ByteBuf) waiting.current();
        next != null;
        next = (ByteBuf) waiting.current()) {
      int length = (int) Math.min(wire.room(), next.readableBytes());
      if (length == 0 && next.isReadable()) {
        return;
      }
      if (length > 0) {
        byte[] copy = new byte[length];
        next.getBytes(next.readerIndex(), copy);
        wire.write(ByteBuffer.wrap(copy));
      }
      waiting.removeBytes(length);
    }
  }

  @Override
  protected void doClose() {
    if (open) {
      open = false;
      wire.close();
    }
  }

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new Unconnectable();
  }

  /** It is connected from the beginning. */
  private final class Unconnectable extends AbstractUnsafe {
    @Override
    public void connect(SocketAddress to, SocketAddress from, ChannelPromise promise) {
      promise.setFailure(new UnsupportedOperationException("a circuit is connected"));
    }
  }

  @Override
  protected boolean isCompatible(EventLoop loop) {
    return true;
  }

  @Override
  protected SocketAddress localAddress0() {
    return local;
  }

  @Override
  protected SocketAddress remoteAddress0() {
    return remote;
  }

  @Override
  protected void doBind(SocketAddress address) {
    throw new UnsupportedOperationException("a circuit is bound");
  }

  @Override
  protected void doDisconnect() {
    doClose();
  }

  /** Bytes come when they come: the window of the stream that carries them bounds them. */
  @Override
  protected void doBeginRead() {}

  @Override
  public ChannelConfig config() {
    return config;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public boolean isActive() {
    return open;
  }

  @Override
  public ChannelMetadata metadata() {
    return METADATA;
  }
}
