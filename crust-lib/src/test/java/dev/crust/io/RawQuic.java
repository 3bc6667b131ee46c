package dev.crust.io;

import dev.crust.PeerId;
import dev.crust.proto.identity.PeerCertificate;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.quic.DefaultQuicStreamFrame;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The stream of a QUIC connection that we dial, for whatever bytes one likes, as a socket has it:
 * its two streams block, and what nobody reads fills the window of the other side. Used by one
 * thread.
 */
public final class RawQuic implements AutoCloseable {
  private static final int READ_BUFFER = 64 << 10;
  private static final int SOCKET_BUFFER = 4 << 20;
  private static final byte[] END = new byte[0];

  /** APPLICATION_ERROR (RFC 9000 §20.1). */
  private static final int ABORTED = 0x0c;

  private final Duration patience;
  private final EventLoops loops = new EventLoops("raw-quic");
  private final QuicTls tls;
  private final Channel socket;
  private final QuicChannel connection;
  private final QuicStreamChannel stream;
  private final BlockingQueue<byte[]> came = new LinkedBlockingQueue<>();

  /**
   * Dials.
   *
   * @param patience how long each read and write may wait
   */
  public RawQuic(PeerCertificate own, InetSocketAddress to, PeerId peer, Duration patience)
      throws Exception {
    this.patience = patience;
    tls = new QuicTls(own);
    InetAddress here = InetAddress.getLoopbackAddress();
    ChannelFuture bound =
        new Bootstrap()
            .group(loops.group())
            .channelFactory(loops.datagramChannel(here))
            .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER)
            .handler(QuicCodecs.client(tls))
            .bind(here, 0);
    get(bound);
    socket = bound.channel();
    connection =
        get(
            QuicChannel.newBootstrap(socket)
                .handler(new ChannelInboundHandlerAdapter())
                .attr(QuicTls.expected(), peer)
                .remoteAddress(to)
                .connect());
    stream = get(connection.createStream(QuicStreamType.BIDIRECTIONAL, new Unread()));
  }

  private <T> T get(Future<T> future) throws IOException {
    try {
      return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new SocketException(e.toString());
    } catch (TimeoutException | InterruptedException e) {
      throw new SocketTimeoutException("nothing within " + patience);
    }
  }

  /** What comes, until the other side hangs up. */
  public InputStream input() {
    return new InputStream() {
      private ByteBuffer piece = ByteBuffer.allocate(0);

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        if (!piece.hasRemaining() && length > 0) {
          piece = ByteBuffer.wrap(next());
        }
        if (!piece.hasRemaining() && length > 0) {
          return -1;
        }
        int count = Math.min(length, piece.remaining());
        piece.get(bytes, offset, count);
        return count;
      }
    };
  }

  private byte[] next() throws IOException {
    try {
      if (came.isEmpty()) {
        stream.read();
      }
      byte[] next = came.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (next == null) {
        throw new SocketTimeoutException("nothing came within " + patience);
      }
      if (next.length == 0) {
        came.add(END);
      }
      return next;
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** Takes what is to be sent when the connection does. */
  public OutputStream output() {
    return new OutputStream() {
      @Override
      public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        get(stream.writeAndFlush(Unpooled.copiedBuffer(bytes, offset, length)));
      }
    };
  }

  /** Ends what is sent, after all of it; what comes can still be read. */
  public void finish() throws IOException {
    get(stream.writeAndFlush(new DefaultQuicStreamFrame(Unpooled.EMPTY_BUFFER, true)));
  }

  /** Tells the other side, and does not wait for QUIC's own second of farewell. */
  @Override
  public void close() throws IOException {
    CompletableFuture<Void> told = new CompletableFuture<>();
    connection
        .eventLoop()
        .execute(
            () -> {
              connection.close(false, ABORTED, Unpooled.EMPTY_BUFFER);
              connection.eventLoop().execute(() -> told.complete(null));
            });
    get(told);
    socket.close();
    loops.close();
    tls.close();
  }

  /** Has a stream read only when somebody asks for more. On its loop. */
  private final class Unread extends ChannelInitializer<QuicStreamChannel> {
    @Override
    protected void initChannel(QuicStreamChannel opened) {
      opened.config().setOption(ChannelOption.AUTO_READ, false);
      opened
          .config()
          .setOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BUFFER));
      opened
          .pipeline()
          .addLast(
              new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                  byte[] piece = ByteBufUtil.getBytes((ByteBuf) message);
                  ReferenceCountUtil.release(message);
                  if (piece.length > 0) {
                    came.add(piece);
                  }
                }

                @Override
                public void userEventTriggered(ChannelHandlerContext context, Object event) {
                  if (event == ChannelInputShutdownEvent.INSTANCE) {
                    came.add(END);
                  }
                }

                @Override
                public void channelInactive(ChannelHandlerContext context) {
                  came.add(END);
                }

                @Override
                public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
                  context.close();
                }
              });
    }
  }
}
