package dev.crust.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.handler.codec.quic.EpollQuicUtils;
import io.netty.handler.codec.quic.InsecureQuicTokenHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicCodecBuilder;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.handler.codec.quic.SegmentedDatagramPacketAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * Netty's QUIC with GSO and GRO and nothing else: what a connection over QUIC is measured against.
 * Used by one thread.
 */
final class BareQuic implements Contender {
  private static final int PAYLOAD = 1350;
  static final long WINDOW = 16 << 20;
  private static final int SEGMENTS = 32;
  private static final String ALPN = "bare";

  private final BareLoops serverLoops = new BareLoops("bare-quic-server");
  private final BareLoops clientLoops = new BareLoops("bare-quic-client");
  private final BareTraffic traffic = new BareTraffic();
  private final QuicSslContext serverTls;
  private final QuicSslContext clientTls;
  private final Channel server;
  private final Channel socket;
  private final QuicChannel connection;
  private final QuicStreamChannel client;

  /** A connected pair on loopback. */
  BareQuic() throws Exception {
    BareTls tls = BareTls.create();
    InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    serverTls = serverTls(tls);
    clientTls = clientTls(tls);
    server =
        bind(
            serverLoops,
            loopback,
            common(new QuicServerCodecBuilder())
                .sslContext(serverTls)
                .initialMaxStreamsBidirectional(1)
                .initialMaxStreamDataBidirectionalRemote(WINDOW)
                .tokenHandler(InsecureQuicTokenHandler.INSTANCE)
                .option(QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR, segments())
                .streamHandler(
                    new ChannelInitializer<QuicStreamChannel>() {
                      @Override
                      protected void initChannel(QuicStreamChannel stream) {
                        stream.pipeline().addLast(traffic.server());
                      }
                    })
                .build());
    socket =
        bind(
            clientLoops,
            loopback,
            common(new QuicClientCodecBuilder())
                .sslContext(clientTls)
                .initialMaxStreamDataBidirectionalLocal(WINDOW)
                .build());
    connection =
        QuicChannel.newBootstrap(socket)
            .handler(new ChannelInboundHandlerAdapter())
            .streamHandler(new ChannelInboundHandlerAdapter())
            .option(QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR, segments())
            .remoteAddress(server.localAddress())
            .connect()
            .get();
    client = connection.createStream(QuicStreamType.BIDIRECTIONAL, traffic.client()).get();
  }

  static QuicSslContext serverTls(BareTls tls) {
    return QuicSslContextBuilder.forServer(tls.key(), null, tls.certificate())
        .clientAuth(ClientAuth.REQUIRE)
        .trustManager(InsecureTrustManagerFactory.INSTANCE)
        .applicationProtocols(ALPN)
        .build();
  }

  static QuicSslContext clientTls(BareTls tls) {
    return QuicSslContextBuilder.forClient()
        .keyManager(tls.key(), null, tls.certificate())
        .trustManager(InsecureTrustManagerFactory.INSTANCE)
        .applicationProtocols(ALPN)
        .build();
  }

  /** Netty's own allocator needs to run from the class path, as this program does. */
  static SegmentedDatagramPacketAllocator segments() {
    return EpollQuicUtils.newSegmentedAllocator(SEGMENTS);
  }

  static <B extends QuicCodecBuilder<B>> B common(B builder) {
    return builder
        .maxIdleTimeout(0, TimeUnit.MILLISECONDS)
        .maxSendUdpPayloadSize(PAYLOAD)
        .maxRecvUdpPayloadSize(PAYLOAD)
        .initialMaxData(WINDOW);
  }

  static Channel bind(BareLoops loops, InetSocketAddress address, ChannelHandler codec)
      throws Exception {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loops.group())
            .channel(loops.datagramChannel())
            .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(65536))
            .option(ChannelOption.SO_RCVBUF, 4 << 20)
            .option(ChannelOption.SO_SNDBUF, 4 << 20)
            .handler(codec);
    if (loops.epoll()) {
      bootstrap.option(EpollChannelOption.UDP_GRO, true);
    }
    return bootstrap.bind(address).sync().channel();
  }

  @Override
  public void transfer(long bytes, int write) throws InterruptedException {
    traffic.transfer(client, bytes, write);
  }

  @Override
  public void roundTrip(int bytes) throws InterruptedException {
    traffic.roundTrip(client, bytes);
  }

  @Override
  public void close() {
    connection.close().awaitUninterruptibly();
    socket.close().awaitUninterruptibly();
    server.close().awaitUninterruptibly();
    clientLoops.close();
    serverLoops.close();
    ReferenceCountUtil.release(clientTls);
    ReferenceCountUtil.release(serverTls);
  }
}
