package dev.crust.bench;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;

/**
 * What goes over a bare channel, with nothing around it. The server counts bytes, or echoes them;
 * the client is used by one thread.
 */
final class BareTraffic {
  private final SynchronousQueue<Boolean> echoes = new SynchronousQueue<>();
  private volatile long expected;
  private volatile CountDownLatch arrived = new CountDownLatch(0);
  private volatile boolean echo;
  private volatile Sending sending = new Sending(0, 1);

  ChannelHandler client() {
    return new Client();
  }

  ChannelHandler server() {
    return new Server();
  }

  /** Sends this many bytes in writes of this size, and returns when the last has arrived. */
  void transfer(Channel client, long bytes, int write) throws InterruptedException {
    echo = false;
    arrived = new CountDownLatch(1);
    expected = bytes;
    client.eventLoop().execute(() -> fill(client, new Sending(bytes, write)));
    if (!arrived.await(Contender.PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the bytes did not arrive");
    }
  }

  /** Sends a few bytes and waits for their echo. */
  void roundTrip(Channel client, int bytes) throws InterruptedException {
    echo = true;
    expected = bytes;
    client.writeAndFlush(client.alloc().directBuffer(bytes).writeZero(bytes), client.voidPromise());
    if (echoes.poll(Contender.PATIENCE_SECONDS, TimeUnit.SECONDS) == null) {
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

  private void fill(Channel client, Sending now) {
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
      fill(context.channel(), sending);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
      echoed += ((ByteBuf) message).readableBytes();
      ReferenceCountUtil.release(message);
      if (echoed >= expected) {
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
}
