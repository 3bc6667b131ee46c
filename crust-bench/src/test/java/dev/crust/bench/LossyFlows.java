package dev.crust.bench;

import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.PeerStream;
import dev.crust.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.quic.InsecureQuicTokenHandler;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A program at one end of a line: it swallows what comes and prints how much that was, or pours by
 * several connections as much as they take. It runs until it is killed, but no longer than any
 * test.
 *
 * <p>Arguments: {@code bare}, {@code quic} or {@code tcp}; where to listen, an IP address; and
 * whoever pours, where to: what the other has printed; and by how many connections. It prints its
 * address, and then every second the bytes that have come and the nanoseconds it took since the
 * first line.
 */
final class LossyFlows {
  private static final int WRITE = 64 << 10;
  private static final int MAX_MINUTES = 10;

  private static final AtomicLong CAME = new AtomicLong();

  private LossyFlows() {}

  public static void main(String[] args) throws Exception {
    InetAddress here = InetAddress.getByName(args[1]);
    if (args[0].equals("bare")) {
      bare(here, args);
    } else {
      crust(Transport.valueOf(args[0].toUpperCase(Locale.ROOT)), here, args);
    }
    long start = System.nanoTime();
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    var unused =
        clock.scheduleAtFixedRate(
            () -> System.out.println(CAME.get() + " " + (System.nanoTime() - start)),
            1,
            1,
            TimeUnit.SECONDS);
    boolean ended = clock.awaitTermination(MAX_MINUTES, TimeUnit.MINUTES);
    System.exit(ended ? 0 : 1);
  }

  private static void crust(Transport transport, InetAddress here, String[] args) throws Exception {
    if (args.length == 2) {
      Endpoint endpoint = CrustPair.endpoint(transport, here).open();
      endpoint.onStream(LossyFlows::swallow);
      System.out.println(endpoint.address());
      return;
    }
    for (int i = 0; i < Integer.parseInt(args[3]); i++) {
      Endpoint endpoint = CrustPair.endpoint(transport, here).open();
      PeerStream stream =
          CrustPair.await(
              endpoint
                  .connect(CrustAddress.parse(args[2]))
                  .thenCompose(connection -> connection.openStream()));
      Thread thread = new Thread(() -> pour(stream));
      thread.setDaemon(true);
      thread.start();
    }
  }

  private static void swallow(PeerStream stream) {
    byte[] chunk = new byte[WRITE];
    try (InputStream in = stream.input()) {
      for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
        CAME.addAndGet(length);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void pour(PeerStream stream) {
    byte[] chunk = new byte[WRITE];
    try (OutputStream out = stream.output()) {
      while (true) {
        out.write(chunk);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void bare(InetAddress here, String[] args) throws Exception {
    BareTls tls = BareTls.create();
    BareLoops loops = new BareLoops("bare");
    InetSocketAddress any = new InetSocketAddress(here, 0);
    if (args.length == 2) {
      Channel server =
          BareQuic.bind(
              loops,
              any,
              BareQuic.common(new QuicServerCodecBuilder())
                  .sslContext(BareQuic.serverTls(tls))
                  .initialMaxStreamsBidirectional(1)
                  .initialMaxStreamDataBidirectionalRemote(BareQuic.WINDOW)
                  .tokenHandler(InsecureQuicTokenHandler.INSTANCE)
                  .option(
                      QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR, BareQuic.segments())
                  .streamHandler(
                      new ChannelInitializer<QuicStreamChannel>() {
                        @Override
                        protected void initChannel(QuicStreamChannel stream) {
                          stream.pipeline().addLast(new Swallow());
                        }
                      })
                  .build());
      InetSocketAddress bound = (InetSocketAddress) server.localAddress();
      System.out.println(here.getHostAddress() + " " + bound.getPort());
      return;
    }
    String[] place = args[2].split(" ", -1);
    InetSocketAddress there = new InetSocketAddress(place[0], Integer.parseInt(place[1]));
    Channel socket =
        BareQuic.bind(
            loops,
            any,
            BareQuic.common(new QuicClientCodecBuilder())
                .sslContext(BareQuic.clientTls(tls))
                .initialMaxStreamDataBidirectionalLocal(BareQuic.WINDOW)
                .build());
    for (int i = 0; i < Integer.parseInt(args[3]); i++) {
      QuicChannel connection =
          QuicChannel.newBootstrap(socket)
              .handler(new ChannelInboundHandlerAdapter())
              .streamHandler(new ChannelInboundHandlerAdapter())
              .option(QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR, BareQuic.segments())
              .remoteAddress(there)
              .connect()
              .get();
      Channel stream = connection.createStream(QuicStreamType.BIDIRECTIONAL, new Pour()).get();
      stream.eventLoop().execute(() -> fill(stream));
    }
  }

  private static void fill(Channel stream) {
    while (stream.isWritable()) {
      ByteBuf buffer = stream.alloc().directBuffer(WRITE, WRITE);
      stream.writeAndFlush(buffer.writerIndex(WRITE), stream.voidPromise());
    }
  }

  private static final class Pour extends ChannelInboundHandlerAdapter {
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      fill(context.channel());
    }
  }

  private static final class Swallow extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      CAME.addAndGet(((ByteBuf) message).readableBytes());
      ReferenceCountUtil.release(message);
    }
  }
}
