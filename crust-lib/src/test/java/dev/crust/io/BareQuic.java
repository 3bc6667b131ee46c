package dev.crust.io;

import dev.crust.Identity;
import dev.crust.proto.identity.PeerCertificate;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.handler.codec.quic.InsecureQuicTokenHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicCodecBuilder;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;

/**
 * Netty's QUIC with GSO and GRO and nothing else: what a pipe over QUIC is measured against. The
 * server counts bytes, or echoes them; the client is used by one thread.
 */
public final class BareQuic implements AutoCloseable {
  private static final int PAYLOAD = 1350;
  private static final long WINDOW = 16 << 20;

  private final EventLoops serverLoops = new EventLoops("bare-quic-server");
  private final EventLoops clientLoops = new EventLoops("bare-quic-client");
  private final QuicTls serverTls;
  private final QuicTls clientTls;
  private final Channel server;
  private final Channel socket;
  private final QuicChannel connection;
  private final QuicStreamChannel client;
  private final SynchronousQueue<Boolean> echoes = new SynchronousQueue<>();
  private volatile long expected;
  private volatile CountDownLatch arrived = new CountDownLatch(0);
  private volatile boolean echo;

  /** A connected pair on loopback. */
  public BareQuic() throws Exception {
    Identity identity = Identity.ephemeral();
    serverTls = new QuicTls(PeerCertificate.create(identity, new SecureRandom()));
    clientTls = new QuicTls(PeerCertificate.create(Identity.ephemeral(), new SecureRandom()));
    server =
        bind(
            serverLoops,
            common(new QuicServerCodecBuilder())
                .sslEngineProvider(serverTls::serverEngine)
                .initialMaxStreamsBidirectional(1)
                .initialMaxStreamDataBidirectionalRemote(WINDOW)
                .tokenHandler(InsecureQuicTokenHandler.INSTANCE)
                .option(
                    QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR, QuicCodecs.segmented())
                .streamHandler(
                    new ChannelInitializer<QuicStreamChannel>() {
                      @Override
                      protected void initChannel(QuicStreamChannel stream) {
                        stream.pipeline().addLast(new Server());
                      }
                    })
                .build());
    socket =
        bind(
            clientLoops,
            common(new QuicClientCodecBuilder())
                .sslEngineProvider(clientTls::clientEngine)
                .initialMaxStreamDataBidirectionalLocal(WINDOW)
                .build());
    connection =
        QuicChannel.newBootstrap(socket)
            .handler(new ChannelInboundHandlerAdapter())
            .streamHandler(new ChannelInboundHandlerAdapter())
            .option(QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR, QuicCodecs.segmented())
            .attr(QuicTls.expected(), identity.peerId())
            .remoteAddress(server.localAddress())
            .connect()
            .get();
    client = connection.createStream(QuicStreamType.BIDIRECTIONAL, new Client()).get();
  }

  private static <B extends QuicCodecBuilder<B>> B common(B builder) {
    return builder
        .maxIdleTimeout(0, TimeUnit.MILLISECONDS)
        .maxSendUdpPayloadSize(PAYLOAD)
        .maxRecvUdpPayloadSize(PAYLOAD)
        .initialMaxData(WINDOW);
  }

  private static Channel bind(EventLoops loops, ChannelHandler codec) throws Exception {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loops.group())
            .channelFactory(loops.datagramChannel(InetAddress.getLoopbackAddress()))
            .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(65536))
            .option(ChannelOption.SO_RCVBUF, 4 << 20)
            .option(ChannelOption.SO_SNDBUF, 4 << 20)
            .handler(codec);
    if (loops.epoll()) {
      bootstrap.option(EpollChannelOption.UDP_GRO, true);
    }
    return bootstrap
        .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .sync()
        .channel();
  }

  /** Sends this many bytes in writes of this size, and returns when the last has arrived. */
  public void transfer(long bytes, int write) throws InterruptedException {
    echo = false;
    arrived = new CountDownLatch(1);
    expected = bytes;
    client.eventLoop().execute(() -> fill(new Sending(bytes, write)));
    if (!arrived.await(120, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the bytes did not arrive");
    }
  }

  /** Sends a few bytes and waits for their echo. */
  public void roundTrip(int bytes) throws InterruptedException {
    echo = true;
    ByteBuf buffer = client.alloc().directBuffer(bytes).writeZero(bytes);
    client.writeAndFlush(buffer);
    if (echoes.poll(10, TimeUnit.SECONDS) == null) {
      throw new IllegalStateException("no echo came");
    }
  }

  private static final class Sending {
    long left;
    final int write;

    Sending(long left, int write) {
      this.left = left;
      this.write = write;
    }
  }

  private volatile Sending sending = new Sending(0, 1);

  private void fill(Sending now) {
    sending = now;
    while (now.left > 0 && client.isWritable()) {
      int size = (int) Math.min(now.write, now.left);
      ByteBuf buffer = client.alloc().directBuffer(size, size);
      buffer.writerIndex(size);
      client.write(buffer, client.voidPromise());
      client.flush();
      now.left -= size;
    }
  }

  private final class Client extends ChannelInboundHandlerAdapter {
    private long echoed;

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      fill(sending);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
      echoed += ((ByteBuf) message).readableBytes();
      ReferenceCountUtil.release(message);
      if (echoed >= 64) {
        echoed = 0;
        echoes.put(true);
      }
    }
  }

  private final class Server extends ChannelInboundHandlerAdapter {
    private long received;

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (echo) {
        context.writeAndFlush(message);
        return;
      }
      received += ((ByteBuf) message).readableBytes();
      ReferenceCountUtil.release(message);
      if (received >= expected) {
        received = 0;
        arrived.countDown();
      }
    }
  }

  @Override
  public void close() {
    connection.close().awaitUninterruptibly();
    socket.close().awaitUninterruptibly();
    server.close().awaitUninterruptibly();
    clientLoops.close();
    serverLoops.close();
    clientTls.close();
    serverTls.close();
  }
}
