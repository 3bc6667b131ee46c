package dev.crust.io;

import dev.crust.Identity;
import dev.crust.proto.identity.PeerCertificate;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;

/**
 * Netty with the TLS that our endpoints use and nothing else: what a connection is measured
 * against. The server counts bytes, or echoes them; the client is used by one thread.
 */
public final class BarePipeline implements AutoCloseable {
  private final EventLoops serverLoops = new EventLoops("bare-server");
  private final EventLoops clientLoops = new EventLoops("bare-client");
  private final Tls serverTls;
  private final Tls clientTls;
  private final Channel server;
  private final Channel client;
  private final SynchronousQueue<Boolean> echoes = new SynchronousQueue<>();
  private volatile long expected;
  private volatile CountDownLatch arrived = new CountDownLatch(0);
  private volatile boolean echo;

  /** A connected pair by the best engine of this machine. */
  public BarePipeline() throws Exception {
    Identity identity = Identity.ephemeral();
    serverTls = new Tls(PeerCertificate.create(identity, new SecureRandom()), Tls.Engine.best());
    clientTls =
        new Tls(
            PeerCertificate.create(Identity.ephemeral(), new SecureRandom()), Tls.Engine.best());
    server =
        new ServerBootstrap()
            .group(serverLoops.group())
            .channel(serverLoops.serverChannel())
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    channel.pipeline().addLast(serverTls.server(channel.alloc()), new Server());
                  }
                })
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sync()
            .channel();
    client =
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
                            clientTls.client(channel.alloc(), identity.peerId()), new Client());
                  }
                })
            .connect(server.localAddress())
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
    client.writeAndFlush(buffer, client.voidPromise());
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
        context.writeAndFlush(message, context.voidPromise());
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
    client.close();
    server.close();
    clientLoops.close();
    serverLoops.close();
    clientTls.close();
    serverTls.close();
  }
}
