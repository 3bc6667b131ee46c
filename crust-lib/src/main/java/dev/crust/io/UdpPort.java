package dev.crust.io;

import dev.crust.PeerId;
import dev.crust.proto.datagram.ConnectionId;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicConnectionAddress;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * One UDP socket at one local address, for everything: QUIC that comes in and goes out, STUN both
 * ways, and whatever else comes. Thread-safe; what happens, happens on its {@link #loop}.
 */
public final class UdpPort implements AutoCloseable {
  private static final String SERVER = "quic-server";
  private static final int READ_BUFFER = 64 << 10;
  private static final int SOCKET_BUFFER = 4 << 20;

  /** Enough to leave a home by its router, too little to come to another's. */
  private static final int OPENER_TTL = 2;

  private final DatagramChannel channel;
  private final InetSocketAddress bound;
  private final DatagramSplitter splitter;
  private final StunDesk stun;
  private final Drops drops;
  private final boolean epoll;
  private final IntegerUnixChannelOption ttl;

  private UdpPort(
      DatagramChannel channel,
      DatagramSplitter splitter,
      StunDesk stun,
      Drops drops,
      boolean epoll) {
    this.channel = channel;
    this.bound = Addresses.plain(channel.localAddress());
    this.splitter = splitter;
    this.stun = stun;
    this.drops = drops;
    this.epoll = epoll;
    this.ttl =
        bound.getAddress() instanceof Inet6Address
            ? new IntegerUnixChannelOption("IPV6_UNICAST_HOPS", 41, 16)
            : new IntegerUnixChannelOption("IP_TTL", 0, 2);
  }

  /**
   * Opens a port.
   *
   * @param address an address of this host, not a wildcard: an answer must leave by the address
   *     that was asked, and from a wildcard the kernel chooses; port 0 for a random one
   * @param readers makes the reader of each connection that comes in; called on the port's loop
   * @return the port, or an IOException if the address cannot be had; completed on the port's loop
   */
  public static CompletableFuture<UdpPort> open(
      EventLoops loops,
      QuicTls tls,
      InstantSource clock,
      InetSocketAddress address,
      Function<Pipe, Pipe.Reader> readers) {
    if (address.getAddress().isAnyLocalAddress()) {
      throw new IllegalArgumentException("a UDP port needs one address, not " + address);
    }
    boolean ipv6 = address.getAddress() instanceof Inet6Address;
    SecureRandom random = new SecureRandom();
    Drops drops = new Drops();
    StunDesk stun = new StunDesk(random, clock, drops);
    DatagramSplitter splitter = new DatagramSplitter(SERVER, random, clock, stun, drops);
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loops.group())
            .channelFactory(loops.datagramChannel(address.getAddress()))
            .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BUFFER))
            .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER)
            .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER)
            .handler(
                new ChannelInitializer<DatagramChannel>() {
                  @Override
                  protected void initChannel(DatagramChannel channel) {
                    RetryTokens tokens =
                        new RetryTokens(
                            random, clock, splitter::underLoad, splitter::onTokenValidated);
                    channel
                        .pipeline()
                        .addLast(splitter)
                        .addLast(
                            SERVER,
                            QuicCodecs.server(
                                tls,
                                splitter,
                                tokens,
                                loops.epoll(),
                                new Accepted(channel, splitter, readers)))
                        // The last, since connections that we dial enter here.
                        .addLast(QuicCodecs.client(tls));
                  }
                });
    if (loops.epoll()) {
      bootstrap.option(EpollChannelOption.UDP_GRO, true);
    }
    CompletableFuture<UdpPort> opened = new CompletableFuture<>();
    bootstrap
        .bind(address)
        .addListener(
            (ChannelFuture bound) -> {
              if (!bound.isSuccess()) {
                opened.completeExceptionally(refused(address, bound.cause()));
                return;
              }
              DatagramChannel channel = (DatagramChannel) bound.channel();
              if (loops.epoll()) {
                QuicCodecs.neverFragment(channel, ipv6);
              }
              stun.attach(channel);
              opened.complete(new UdpPort(channel, splitter, stun, drops, loops.epoll()));
            });
    return opened;
  }

  private static IOException refused(InetSocketAddress address, Throwable cause) {
    return new IOException(
        "cannot use udp://%s:%d: %s"
            .formatted(
                address.getAddress().getHostAddress(), address.getPort(), cause.getMessage()),
        cause);
  }

  /** Makes a pipe of each connection that comes in. */
  private static final class Accepted extends ChannelInitializer<QuicChannel> {
    private final Channel socket;
    private final DatagramSplitter splitter;
    private final Function<Pipe, Pipe.Reader> readers;

    Accepted(Channel socket, DatagramSplitter splitter, Function<Pipe, Pipe.Reader> readers) {
      this.socket = socket;
      this.splitter = splitter;
      this.readers = readers;
    }

    @Override
    public boolean isSharable() {
      return true;
    }

    @Override
    protected void initChannel(QuicChannel connection) {
      Route route = splitter.opening();
      route.handshaking(() -> splitter.onHandshakeEnded(route));
      splitter.onHandshake(route);
      connection
          .closeFuture()
          .addListener(
              closed -> {
                route.endHandshake();
                splitter.forget(route);
              });
      InetSocketAddress local = Addresses.plain(socket.localAddress());
      route.pipe(new QuicPipe(connection, route, local, readers));
    }
  }

  /** Where it is, with its actual port. */
  public InetSocketAddress bound() {
    return bound;
  }

  /** The loop on which the socket and all its connections live. */
  public EventLoop loop() {
    return channel.eventLoop();
  }

  /** What was not passed on. */
  public Drops drops() {
    return drops;
  }

  /** STUN on this port. */
  public StunDesk stun() {
    return stun;
  }

  /**
   * Dials. The reader hears of the outcome by {@link Pipe.Reader#onOpen} or {@link
   * Pipe.Reader#onClosed}.
   *
   * @param remote where to; of this port's address family
   * @param expected who must answer
   * @param timeout for the handshake
   * @param readers makes the pipe's reader; called on its loop
   * @return the attempt, to be given up if nobody needs it any more
   */
  public Outgoing dial(
      InetSocketAddress remote,
      PeerId expected,
      Duration timeout,
      Function<Pipe, Pipe.Reader> readers) {
    Outgoing outgoing = new Outgoing();
    int millis = (int) Math.min(timeout.toMillis(), Integer.MAX_VALUE);
    loop().execute(() -> dial(remote, expected, millis, readers, outgoing));
    return outgoing;
  }

  private void dial(
      InetSocketAddress remote,
      PeerId expected,
      int millis,
      Function<Pipe, Pipe.Reader> readers,
      Outgoing outgoing) {
    Route route = new Route(remote, true);
    ConnectionId id = splitter.expect(route);
    var bootstrap =
        QuicChannel.newBootstrap(channel)
            .handler(
                new ChannelInitializer<QuicChannel>() {
                  @Override
                  protected void initChannel(QuicChannel connection) {
                    connection.closeFuture().addListener(closed -> splitter.forget(route));
                    QuicPipe pipe = new QuicPipe(connection, route, bound, readers);
                    route.pipe(pipe);
                    outgoing.begun(pipe);
                  }
                })
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millis)
            .attr(QuicTls.expected(), expected)
            .localAddress(bound)
            .remoteAddress(remote)
            .localConnectionAddress(new QuicConnectionAddress(id.bytes()));
    if (epoll) {
      bootstrap.option(
          QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR, QuicCodecs.segmented());
    }
    bootstrap
        .connect()
        .addListener(
            connected -> {
              QuicPipe pipe = route.pipe();
              if (!connected.isSuccess() && pipe != null) {
                pipe.failed(connected.cause());
              }
            });
  }

  /** Sends a datagram of another kind than QUIC: to punch. Dropped if the socket is full. */
  public void send(byte[] datagram, InetSocketAddress to) {
    loop()
        .execute(
            () ->
                channel.writeAndFlush(
                    new DatagramPacket(Unpooled.wrappedBuffer(datagram), to),
                    channel.voidPromise()));
  }

  /**
   * Sends a datagram of another kind than QUIC with a TTL of {@value #OPENER_TTL}, which makes a
   * mapping in our router and ends at the next. Dropped where the TTL cannot be set, and while
   * something else waits in the socket, which would get that TTL, too.
   */
  public void sendOpener(byte[] datagram, InetSocketAddress to) {
    if (epoll) {
      loop().execute(() -> sendOpenerNow(datagram, to));
    }
  }

  private void sendOpenerNow(byte[] datagram, InetSocketAddress to) {
    channel.flush();
    ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
    if (waiting == null || !waiting.isEmpty()) {
      return;
    }
    Integer usual = channel.config().getOption(ttl);
    channel.config().setOption(ttl, OPENER_TTL);
    channel.writeAndFlush(
        new DatagramPacket(Unpooled.wrappedBuffer(datagram), to), channel.voidPromise());
    channel.config().setOption(ttl, usual);
  }

  /** Closes the socket, and with it all connections on it, without waiting. */
  @Override
  public void close() {
    channel.close();
  }
}
