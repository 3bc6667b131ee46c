package dev.crust.io;

import dev.crust.Reason;
import dev.crust.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import io.netty.channel.socket.SocketChannelConfig;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.net.InetSocketAddress;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A TCP socket with TLS as a pipe, or a circuit that behaves as one. On the socket's loop. */
final class TcpPipe extends Pipe {
  private static final InetSocketAddress NOT_YET = new InetSocketAddress(0);
  private static final Failures.Cause CUT_SHORT =
      new Failures.Cause(Reason.PROTOCOL_VIOLATION, "part of a TLS record, then nothing");

  private final Channel channel;
  private final boolean punched;
  private @Nullable EpollTcpInfo info;

  TcpPipe(Channel channel, Function<Pipe, Reader> readers) {
    this(channel, false, readers);
  }

  private TcpPipe(Channel channel, boolean punched, Function<Pipe, Reader> readers) {
    super(
        Transport.TCP,
        channel.eventLoop(),
        NOT_YET,
        channel.remoteAddress() == null ? NOT_YET : Addresses.plain(channel.remoteAddress()),
        readers);
    this.channel = channel;
    this.punched = punched;
  }

  /** Of a socket between two ports on which both sides listen. */
  static TcpPipe punched(Channel channel, Function<Pipe, Reader> readers) {
    return new TcpPipe(channel, true, readers);
  }

  /** A circuit, whose transport and ends are those of the path to the relay. */
  TcpPipe(CircuitChannel channel, EventLoop loop, Circuit.Way way, Function<Pipe, Reader> readers) {
    super(loop, way, readers);
    this.channel = channel;
    this.punched = false;
  }

  @Override
  public boolean writable() {
    return channel.isWritable();
  }

  /** What the congestion window leaves open, where the kernel tells. */
  @Override
  public long room() {
    if (!(channel instanceof EpollSocketChannel socket) || !socket.isOpen()) {
      return Long.MAX_VALUE;
    }
    EpollTcpInfo now = socket.tcpInfo(info());
    long underWay = now.unacked() - now.sacked() - now.lost() + now.retrans();
    return (now.sndCwnd() - underWay) * now.sndMss();
  }

  private EpollTcpInfo info() {
    EpollTcpInfo known = info;
    if (known == null) {
      known = new EpollTcpInfo();
      info = known;
    }
    return known;
  }

  @Override
  public void flush() {
    channel.flush();
  }

  @Override
  public void admitted() {
    if (channel.pipeline().get(HandshakeBudget.class) != null) {
      channel.pipeline().remove(HandshakeBudget.class);
    }
  }

  @Override
  public void close() {
    channel.close();
  }

  /**
   * A punched one by a reset: whoever closes first would keep the two ends for a minute (TIME-WAIT,
   * RFC 9293 §3.6.1), or much longer if a NAT has forgotten them, and could not dial from there.
   */
  @Override
  public void part() {
    if (punched) {
      abort();
    } else {
      close();
    }
  }

  /** Closes by a reset. */
  @Override
  public void abort() {
    ChannelHandlerContext first = channel.pipeline().firstContext();
    if (channel.config() instanceof SocketChannelConfig config && channel.isActive()) {
      config.setSoLinger(0);
    }
    if (first == null) {
      channel.close();
    } else {
      // Outbound from the first handler: past TLS, which would wait to say farewell.
      first.close();
    }
  }

  @Override
  ByteBufAllocator allocator() {
    return channel.alloc();
  }

  @Override
  void put(ByteBuf buffer) {
    channel.write(buffer, channel.voidPromise());
  }

  @Override
  void hangUp() {
    channel.close();
  }

  /** The socket turned out to be none of ours: it goes on without us. */
  void onOther(String what) {
    leave(new Failures.Cause(Reason.CANCELLED, what));
  }

  /** A socket may be connected before it becomes a pipe. */
  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    if (channel.isActive() && local().equals(NOT_YET)) {
      connected(Addresses.plain(channel.localAddress()), Addresses.plain(channel.remoteAddress()));
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    connected(Addresses.plain(channel.localAddress()), Addresses.plain(channel.remoteAddress()));
    if (local().equals(remote())) {
      // A dial to a port of this host that nobody listens on may be given that very port, and meets
      // itself.
      end(new Failures.Cause(Reason.REFUSED, ""));
      return;
    }
    context.fireChannelActive();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
    if (event instanceof SslHandshakeCompletionEvent handshake) {
      if (handshake.isSuccess()) {
        SslHandler tls = context.pipeline().get(SslHandler.class);
        reader().onOpen(Tls.peer(tls.engine()));
      } else {
        end(cutShort(context) ? CUT_SHORT : Failures.ofHandshake(handshake.cause()));
      }
    }
    context.fireUserEventTriggered(event);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (!closed()) {
      reader().onBatchRead();
    }
    context.fireChannelReadComplete();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end(cutShort(context) ? CUT_SHORT : BROKEN);
    context.fireChannelInactive();
  }

  private static boolean cutShort(ChannelHandlerContext context) {
    HandshakeBudget budget = context.pipeline().get(HandshakeBudget.class);
    return budget != null && budget.cutShort();
  }
}
