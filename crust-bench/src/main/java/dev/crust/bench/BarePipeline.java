package dev.crust.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Netty with the TLS that our endpoints use (1.3, mutual, by BoringSSL where it loads) and nothing
 * else: what a connection is measured against. Used by one thread.
 */
final class BarePipeline implements Contender {
  /** AES alone, as our endpoints: JDK 17 takes ten times as long with ChaCha20. */
  private static final List<String> JDK_CIPHERS =
      List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384");

  private final BareLoops serverLoops = new BareLoops("bare-server");
  private final BareLoops clientLoops = new BareLoops("bare-client");
  private final BareTraffic traffic = new BareTraffic();
  private final SslContext serverTls;
  private final SslContext clientTls;
  private final Channel server;
  private final Channel client;
  private final List<Channel> idle = new ArrayList<>();

  /** A connected pair on loopback. */
  BarePipeline() throws Exception {
    BareTls tls = BareTls.create();
    serverTls =
        configured(SslContextBuilder.forServer(tls.key(), tls.certificate()))
            .clientAuth(ClientAuth.REQUIRE)
            .build();
    clientTls =
        configured(SslContextBuilder.forClient())
            .keyManager(tls.key(), tls.certificate())
            .endpointIdentificationAlgorithm(null)
            .build();
    server =
        new ServerBootstrap()
            .group(serverLoops.group())
            .channel(serverLoops.serverChannel())
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    channel
                        .pipeline()
                        .addLast(serverTls.newHandler(channel.alloc()), traffic.server());
                  }
                })
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sync()
            .channel();
    client = connect();
  }

  private static SslContextBuilder configured(SslContextBuilder builder) {
    if (!OpenSsl.isAvailable()) {
      builder.ciphers(JDK_CIPHERS);
    }
    return builder
        .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK)
        .protocols("TLSv1.3")
        .trustManager(InsecureTrustManagerFactory.INSTANCE);
  }

  /** Further connections to the server, each of which has carried 64 bytes there and back. */
  void connect(int count) throws InterruptedException {
    for (int i = 0; i < count; i++) {
      Channel further = connect();
      idle.add(further);
      traffic.roundTrip(further, 64);
    }
  }

  private Channel connect() throws InterruptedException {
    Channel channel =
        new Bootstrap()
            .group(clientLoops.group())
            .channel(clientLoops.socketChannel())
            .option(ChannelOption.TCP_NODELAY, true)
            .option(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(128 << 10, 256 << 10))
            .handler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            clientTls.newHandler(channel.alloc(), "bare", 1), traffic.client());
                  }
                })
            .connect(server.localAddress())
            .sync()
            .channel();
    channel.pipeline().get(SslHandler.class).handshakeFuture().sync();
    return channel;
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
    idle.forEach(Channel::close);
    client.close();
    server.close();
    clientLoops.close();
    serverLoops.close();
    ReferenceCountUtil.release(clientTls);
    ReferenceCountUtil.release(serverTls);
  }
}
