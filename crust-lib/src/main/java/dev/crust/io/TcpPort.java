package dev.crust.io;

import dev.crust.PeerId;
import dev.crust.proto.stun.StunTransaction;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/** TCP: listens and dials, and turns every socket into a {@link Pipe}. Thread-safe. */
public final class TcpPort {
  static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(32 << 10, 64 << 10);

  /**
   * How much the kernel takes that it does not send yet. What it has, no urgent message overtakes;
   * left alone, it takes megabytes.
   */
  private static final long UNSENT = 128 << 10;

  private static final int PUNCH_HANDSHAKE_MILLIS = 4000;

  private final EventLoops loops;
  private final Tls tls;

  /** TCP on these loops with this TLS. */
  public TcpPort(EventLoops loops, Tls tls) {
    this.loops = loops;
    this.tls = tls;
  }

  /** A socket that listens. Thread-safe. */
  public static final class Listener implements AutoCloseable {
    private final Channel channel;
    private final SecondListener second;
    private final TcpPort tcp;
    private final PunchSocket.Becoming becoming;

    private Listener(
        Channel channel, SecondListener second, TcpPort tcp, PunchSocket.Becoming becoming) {
      this.channel = channel;
      this.second = second;
      this.tcp = tcp;
      this.becoming = becoming;
    }

    /** Where it listens, with its actual port. */
    public InetSocketAddress bound() {
      return Addresses.plain(channel.localAddress());
    }

    /**
     * It can be reached at these addresses now, most useful first: if two of them are public, STUN
     * is served at a second port, too.
     *
     * @return done when that is so; never fails
     */
    public CompletableFuture<Void> reachableAt(List<InetSocketAddress> addresses) {
      return second.follow(addresses);
    }

    /** This port to dial from, at the address from which the kernel would send to that remote. */
    public Optional<PunchPort> towards(InetSocketAddress remote) {
      InetAddress at = bound().getAddress();
      return Addresses.source(remote)
          .filter(source -> at.equals(source) || (at.isAnyLocalAddress() && covers(at, source)))
          .map(source -> new InetSocketAddress(source, bound().getPort()))
          .map(local -> new PunchPort(local, tcp, becoming));
    }

    private static boolean covers(InetAddress wildcard, InetAddress ip) {
      return wildcard instanceof Inet6Address || ip instanceof Inet4Address;
    }

    /** Stops listening. */
    @Override
    public void close() {
      second.close();
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
    return listen(address, readers, PunchSocket.Expectation.none(), NonceEar.none());
  }

  /**
   * Starts to listen.
   *
   * @param address where; port 0 for a random one
   * @param readers makes the reader of each socket that comes in; called on that socket's loop
   * @param expected whose sockets come in here for a punch
   * @param nonces who hears of dial-backs
   * @throws IOException if that address cannot be listened on
   */
  public Listener listen(
      InetSocketAddress address,
      Function<Pipe, Pipe.Reader> readers,
      PunchSocket.Expectation expected,
      NonceEar nonces)
      throws IOException {
    StunSockets stun = new StunSockets();
    PunchSocket.Becoming becoming =
        new PunchSocket.Becoming(tls, PUNCH_HANDSHAKE_MILLIS, readers, stun, nonces);
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
                    InetSocketAddress remote = Addresses.plain(channel.remoteAddress());
                    expected
                        .at(remote)
                        .ifPresentOrElse(
                            ear -> hold(channel, new PunchSocket(remote, false, becoming, ear)),
                            () -> guest(channel, remote, becoming, expected));
                  }
                });
    loops.shareLocalPort(bootstrap);
    if (loops.epoll()) {
      bootstrap.childOption(EpollChannelOption.TCP_NOTSENT_LOWAT, UNSENT);
    }
    try {
      demandAlone(address);
    } catch (IOException taken) {
      throw refused(address, taken);
    }
    ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw refused(address, bound.cause());
    }
    SecondListener second = new SecondListener(loops, address.getAddress(), stun);
    return new Listener(bound.channel(), second, this, becoming);
  }

  private static IOException refused(InetSocketAddress address, Throwable cause) {
    return new IOException(
        "cannot listen on tcp://%s:%d: %s"
            .formatted(
                address.getAddress().getHostAddress(), address.getPort(), cause.getMessage()),
        cause);
  }

  private static void hold(SocketChannel channel, PunchSocket socket) {
    channel.config().setAutoRead(false);
    socket.at(channel);
    channel.pipeline().addLast(socket);
  }

  private void guest(
      SocketChannel channel,
      InetSocketAddress remote,
      PunchSocket.Becoming becoming,
      PunchSocket.Expectation expected) {
    TcpPipe pipe = new TcpPipe(channel, becoming.guests());
    FirstBytes first =
        new FirstBytes(() -> tls.guest(channel.alloc()), pipe, becoming.stun(), becoming.nonces());
    channel.pipeline().addLast(first, pipe);
    expected
        .near(remote.getAddress())
        .ifPresent(
            ear -> {
              PunchSocket watched = new PunchSocket(remote, false, becoming, ear);
              watched.at(channel, pipe);
              channel.pipeline().addLast(watched);
            });
  }

  /**
   * Asks a STUN server from a listener's own port, to learn how the world sees that port.
   *
   * @param from where a listener of ours listens, at an address that leads there
   * @param timeout for connecting, and as long again for the answer
   * @param ended hears once, on the socket's loop, how it ended: Answered, Refused or TimedOut
   * @return what drops the connection, which else keeps the mapping for a while after an answer
   */
  public Runnable ask(
      InetSocketAddress server,
      InetSocketAddress from,
      Duration timeout,
      Consumer<? super StunTransaction.Effect> ended) {
    int millis = (int) Math.min(timeout.toMillis(), Integer.MAX_VALUE);
    StunOverTcp question = new StunOverTcp(timeout, ended);
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loops.group())
            .channel(loops.socketChannel())
            .option(ChannelOption.SO_REUSEADDR, true)
            // Closed by a reset: in TIME_WAIT it would bar the next question to the same server.
            .option(ChannelOption.SO_LINGER, 0)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millis)
            .handler(question);
    loops.shareLocalPort(bootstrap);
    ChannelFuture connecting = bootstrap.connect(server, from);
    connecting.addListener(
        connected -> {
          if (!connected.isSuccess()) {
            question.unreachable();
          }
        });
    return () -> connecting.channel().close();
  }

  /**
   * The port is bound so that sockets of ours may share it, which would let those of others share
   * it too: so it is asked for alone first.
   */
  private static void demandAlone(InetSocketAddress address) throws IOException {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(address);
    }
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
        bootstrap()
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

  EventLoops loops() {
    return loops;
  }

  /** Makes sockets that are to carry a connection. */
  Bootstrap bootstrap() {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loops.group())
            .channel(loops.socketChannel())
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK);
    if (loops.epoll()) {
      bootstrap.option(EpollChannelOption.TCP_NOTSENT_LOWAT, UNSENT);
    }
    return bootstrap;
  }

  private static Pipe pipe(
      Channel channel, SslHandler handler, Function<Pipe, Pipe.Reader> readers) {
    TcpPipe pipe = new TcpPipe(channel, readers);
    channel.pipeline().addLast(new HandshakeBudget(), handler, pipe);
    return pipe;
  }
}
