package dev.crust.io;

import dev.crust.PeerId;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Function;

/** TCP: listens and dials, and turns every socket into a {@link Pipe}. Thread-safe. */
public final class TcpPort {
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(128 << 10, 256 << 10);

  private final EventLoops loops;
  private final Tls tls;

  /** TCP on these loops with this TLS. */
  public TcpPort(EventLoops loops, Tls tls) {
    this.loops = loops;
    this.tls = tls;
  }

  /** A socket that listens. Thread-safe. */
  public record Listener(Channel channel) implements AutoCloseable {
    /** Where it listens, with its actual port. */
    public InetSocketAddress bound() {
      return Addresses.plain(channel.localAddress());
    }

    /** Stops listening. */
    @Override
    public void close() {
      channel.close().awaitUninterruptibly();
    }
  }

  /**
   * Starts to listen.
   *
   * @param address where; port 0 for a random one
   * @param readers makes the reader of each socket that comes in; called on that socket's loop
   * @throws IOException if that address cannot be listened on
   */
  public Listener listen(InetSocketAddress address, Function<Pipe, Pipe.Reader> readers)
      throws IOException {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loops.control(), loops.group())
            .channel(loops.serverChannel())
            .option(ChannelOption.SO_BACKLOG, 1024)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    SslHandler handler = tls.server(channel.alloc());
                    // The endpoint's own clock bounds the whole way to the admission.
                    handler.setHandshakeTimeoutMillis(0);
                    pipe(channel, handler, readers);
                  }
                });
    ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "cannot listen on tcp://%s:%d: %s"
              .formatted(
                  address.getAddress().getHostAddress(),
                  address.getPort(),
                  bound.cause().getMessage()),
          bound.cause());
    }
    return new Listener(bound.channel());
  }

  /**
   * Dials. The reader hears of the outcome by {@link Pipe.Reader#onOpen} or {@link
   * Pipe.Reader#onClosed}.
   *
   * @param remote where to
   * @param expected who must answer
   * @param timeout for the TCP handshake and as long again for that of TLS
   * @param readers makes the pipe's reader; called on its loop
   * @return the attempt, to be given up if nobody needs it any more
   */
  public Outgoing dial(
      InetSocketAddress remote,
      PeerId expected,
      Duration timeout,
      Function<Pipe, Pipe.Reader> readers) {
    int millis = (int) Math.min(timeout.toMillis(), Integer.MAX_VALUE);
    Outgoing outgoing = new Outgoing();
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loops.group())
            .channel(loops.socketChannel())
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millis)
            .handler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    SslHandler handler = tls.client(channel.alloc(), expected);
                    handler.setHandshakeTimeoutMillis(millis);
                    outgoing.begun(pipe(channel, handler, readers));
                  }
                });
    ChannelFuture connecting = bootstrap.connect(remote);
    connecting.addListener(
        done -> {
          if (!done.isSuccess()) {
            outgoing.failed(Failures.ofConnect(done.cause()));
          }
        });
    return outgoing;
  }

  private static Pipe pipe(
      Channel channel, SslHandler handler, Function<Pipe, Pipe.Reader> readers) {
    Pipe pipe = new TcpPipe(channel, handler, readers);
    channel.pipeline().addLast(new HandshakeBudget(), handler, pipe);
    return pipe;
  }
}
