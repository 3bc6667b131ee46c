package dev.crust.io;

import dev.crust.PeerId;
import dev.crust.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannelConfig;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A TLS connection as a pipe of bytes to an authenticated peer. Everything happens on its event
 * loop; only {@link #loop} may be used from other threads.
 */
public final class Pipe extends ChannelInboundHandlerAdapter {
  /** Who reads from a pipe. Called on the pipe's loop. */
  public interface Reader {
    /** The handshake has succeeded. */
    void onOpen(PeerId peer);

    /** Bytes have come; the buffer is valid during the call, which takes all of it. */
    void onBytes(ByteBuffer bytes);

    /** No more bytes are there for now. */
    void onBatchRead();

    /** The pipe takes more output again. */
    void onWritable();

    /**
     * Nobody needs the pipe any more, except perhaps the reader: it closes the pipe, or does not.
     */
    void onCancelled();

    /**
     * The pipe is closed, or never came about. Called once, last.
     *
     * @param reason why, as far as the socket and TLS can tell
     * @param detail for people
     */
    void onClosed(Reason reason, String detail);
  }

  private static final Failures.Cause BROKEN = new Failures.Cause(Reason.PATH_LOST, "");
  private static final Failures.Cause CUT_SHORT =
      new Failures.Cause(Reason.PROTOCOL_VIOLATION, "part of a TLS record, then nothing");

  private final Reader reader;
  private final SslHandler tls;
  private final Channel channel;
  private InetSocketAddress local;
  private InetSocketAddress remote;
  private boolean closed;

  Pipe(Channel channel, SslHandler tls, Function<Pipe, Reader> readers) {
    this.channel = channel;
    this.tls = tls;
    this.local = new InetSocketAddress(0);
    this.remote =
        channel.remoteAddress() == null ? local : Addresses.plain(channel.remoteAddress());
    this.reader = readers.apply(this);
  }

  /** The loop on which everything happens. */
  public EventLoop loop() {
    return channel.eventLoop();
  }

  /** Our end, once the socket is connected. */
  public InetSocketAddress local() {
    return local;
  }

  /** The peer's end, once the socket is connected; of one that came in, always. */
  public InetSocketAddress remote() {
    return remote;
  }

  /** Whether it takes more output now; if not, {@link Reader#onWritable} tells when. */
  public boolean writable() {
    return channel.isWritable();
  }

  /** Writes what the filler puts into a buffer of this many bytes; {@link #flush} sends it. */
  public void write(int capacity, Consumer<ByteBuffer> filler) {
    ByteBuf buffer = channel.alloc().directBuffer(capacity, capacity);
    ByteBuffer nio = buffer.internalNioBuffer(0, capacity);
    int start = nio.position();
    filler.accept(nio);
    buffer.writerIndex(nio.position() - start);
    channel.write(buffer, channel.voidPromise());
  }

  /** Sends what was written. */
  public void flush() {
    channel.flush();
  }

  /** The peer is admitted: what it sends is not counted against the handshake any more. */
  public void admitted() {
    if (channel.pipeline().get(HandshakeBudget.class) != null) {
      channel.pipeline().remove(HandshakeBudget.class);
    }
  }

  /** Closes after what was written is sent, by TLS's own farewell. */
  public void close() {
    channel.close();
  }

  /** Closes at once by a reset: what is under way is not delivered. */
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

  void cancel() {
    reader.onCancelled();
  }

  void fail(Failures.Cause why) {
    end(why);
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    local = Addresses.plain(channel.localAddress());
    remote = Addresses.plain(channel.remoteAddress());
    if (local.equals(remote)) {
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
        reader.onOpen(Tls.peer(tls));
      } else {
        end(cutShort(context) ? CUT_SHORT : Failures.ofHandshake(handshake.cause()));
      }
    }
    context.fireUserEventTriggered(event);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      if (!closed) {
        ByteBuf buffer = (ByteBuf) message;
        reader.onBytes(buffer.nioBuffer());
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (!closed) {
      reader.onBatchRead();
    }
    context.fireChannelReadComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (!closed && channel.isWritable()) {
      reader.onWritable();
    }
    context.fireChannelWritabilityChanged();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
    end(Failures.ofPipe(thrown));
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

  private void end(Failures.Cause why) {
    if (!closed) {
      closed = true;
      reader.onClosed(why.reason(), why.detail());
      channel.close();
    }
  }
}
