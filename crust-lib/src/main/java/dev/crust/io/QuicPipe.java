package dev.crust.io;

import dev.crust.Reason;
import dev.crust.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.quic.DefaultQuicStreamFrame;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicConnectionCloseEvent;
import io.netty.handler.codec.quic.QuicPathEvent;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The one stream of a QUIC connection as a pipe. The dialler opens the stream, and its first bytes
 * show it to the other side. On the loop of its port's socket.
 */
final class QuicPipe extends Pipe {
  /** Nothing was wrong: NO_ERROR (RFC 9000 §20.1). */
  private static final int DONE = 0;

  /** Whoever used the connection gave it up: APPLICATION_ERROR (RFC 9000 §20.1). */
  private static final int ABORTED = 0x0c;

  private static final int NONE = -1;

  /**
   * What is put together before QUIC cuts it into packets: enough for a whole batch of datagrams,
   * and no more than what TCP's send buffer would hold back from more urgent messages.
   */
  private static final int BURST = 64 << 10;

  private static final int READ_BUFFER = 64 << 10;

  /** How long a close waits for the peer to take what was sent. */
  private static final long CLOSE_PATIENCE_MILLIS = 3000;

  private final QuicChannel connection;
  private final Route route;
  private @Nullable QuicStreamChannel stream;
  private @Nullable CompositeByteBuf gathered;
  private @Nullable QuicConnectionCloseEvent told;
  private boolean pushDue;
  private boolean inTurn;
  private int readInPass;
  private boolean shutDown;
  private boolean established;
  private boolean wasEstablished;

  /** Whether the peer has surely changed to its last keys, so that it could read a farewell. */
  private boolean confirmed;

  private int farewell = NONE;
  private int addressChanges;

  QuicPipe(
      QuicChannel connection,
      Route route,
      InetSocketAddress local,
      Function<Pipe, Reader> readers) {
    super(Transport.QUIC, connection.eventLoop(), local, route.settled(), readers);
    this.connection = connection;
    this.route = route;
    this.confirmed = !route.dialled();
    connection.pipeline().addLast(new ConnectionEvents());
    connection.closeFuture().addListener(closed -> end(whyClosed()));
  }

  @Override
  public int addressChanges() {
    return addressChanges;
  }

  @Override
  public boolean writable() {
    QuicStreamChannel open = stream;
    return open != null && open.isWritable() && !shutDown;
  }

  /**
   * Sends at the end of the loop's turn: whoever flushes each frame would else make a datagram of
   * each.
   */
  @Override
  public void flush() {
    if (gathered != null && gathered.readableBytes() >= BURST) {
      push();
    } else if (!inTurn && !pushDue) {
      pushDue = true;
      loop().execute(this::push);
    }
  }

  @Override
  public void admitted() {
    QuicStreamChannel open = stream;
    if (open != null && open.pipeline().get(HandshakeBudget.class) != null) {
      open.pipeline().remove(HandshakeBudget.class);
    }
  }

  /** The peer hangs up when it has all; if it does not, we do. */
  @Override
  public void close() {
    if (shutDown) {
      return;
    }
    push();
    shutDown = true;
    QuicStreamChannel open = stream;
    if (open == null || !open.isActive()) {
      hangUp();
    } else {
      // As a frame, since the channel's own way of ending its output overtakes what is queued.
      open.writeAndFlush(new DefaultQuicStreamFrame(Unpooled.EMPTY_BUFFER, true));
      loop().schedule(this::hangUp, CLOSE_PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void abort() {
    close(ABORTED);
  }

  @Override
  void hangUp() {
    close(DONE);
  }

  /**
   * Never says farewell from within QUIC's own sending, which would leave it out. Amid a handshake
   * each side may have keys that the other has not, and quiche says farewell with one sort only:
   * the peer might not hear it, and wait. So the handshake is ended first, unless there is no time.
   */
  private void close(int error) {
    shutDown = true;
    dropGathered();
    boolean first = farewell == NONE;
    farewell = error;
    if (confirmed || error == ABORTED) {
      loop().execute(this::sayFarewell);
    } else if (first) {
      loop().schedule(this::sayFarewell, CLOSE_PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /**
   * Closes as the transport does (RFC 9000 §10.2.3): while a probe of the handshake is due, quiche
   * answers an application's close with acknowledgements without end.
   */
  private void sayFarewell() {
    if (connection.isOpen()) {
      connection.close(false, farewell, Unpooled.EMPTY_BUFFER);
    }
  }

  @Override
  ByteBufAllocator allocator() {
    return connection.alloc();
  }

  @Override
  void put(ByteBuf buffer) {
    if (stream == null || shutDown) {
      buffer.release();
      return;
    }
    if (gathered != null && gathered.readableBytes() + buffer.readableBytes() > BURST) {
      push();
    }
    if (gathered == null) {
      gathered = connection.alloc().compositeDirectBuffer(Integer.MAX_VALUE);
    }
    gathered.addComponent(true, buffer);
  }

  private void push() {
    pushDue = false;
    CompositeByteBuf buffer = gathered;
    gathered = null;
    QuicStreamChannel open = stream;
    if (buffer != null && open != null) {
      // In a turn the codec sends when the turn ends; else nobody would.
      if (inTurn) {
        open.write(buffer, open.voidPromise());
      } else {
        open.writeAndFlush(buffer, open.voidPromise());
      }
    }
  }

  private void dropGathered() {
    if (gathered != null) {
      gathered.release();
      gathered = null;
    }
  }

  /**
   * A batch of datagrams has come, some of them for this connection. Reading here and not at each
   * datagram makes large reads of small ones.
   */
  void onBatch() {
    if (wasEstablished && !confirmed) {
      confirmed = true;
      if (farewell != NONE) {
        loop().execute(this::sayFarewell);
      }
    }
    wasEstablished = established;
    QuicStreamChannel open = stream;
    if (open == null || closed()) {
      return;
    }
    inTurn = true;
    boolean some = false;
    do {
      readInPass = 0;
      open.read();
      some |= readInPass > 0;
    } while (readInPass >= READ_BUFFER && open.isActive());
    if (some && !closed()) {
      reader().onBatchRead();
    }
    inTurn = false;
    push();
  }

  @Override
  void onBytes(ByteBuf bytes) {
    readInPass += bytes.readableBytes();
    super.onBytes(bytes);
  }

  /** What came between two batches, because a read of the last one was still owed. */
  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (!inTurn && !closed()) {
      reader().onBatchRead();
    }
    context.fireChannelReadComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    super.channelWritabilityChanged(context);
    push();
  }

  /**
   * The peer sends no more, which is the end, as by TCP. If we are closing, it may still take what
   * we have said last.
   */
  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      // Not before the batch that it came with is read.
      loop().execute(this::onFinished);
    }
    context.fireUserEventTriggered(event);
  }

  private void onFinished() {
    if (!shutDown) {
      end(whyClosed());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end(whyClosed());
    context.fireChannelInactive();
  }

  /** Nobody sends more before it is admitted than a TCP socket may. */
  private void adopt(QuicStreamChannel opened) {
    stream = opened;
    opened.config().setOption(ChannelOption.AUTO_READ, false);
    opened
        .config()
        .setOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BUFFER));
    opened.pipeline().addLast(new HandshakeBudget(), this);
  }

  private void open() {
    try {
      reader().onOpen(Tls.peer(connection.sslEngine()));
      push();
    } catch (SSLException e) {
      end(Failures.ofHandshake(e));
    }
  }

  private Failures.Cause whyClosed() {
    var refusal = QuicTls.refusal(connection);
    if (refusal.isPresent()) {
      return Failures.ofHandshake(refusal.get());
    }
    if (connection.isTimedOut()) {
      return new Failures.Cause(Reason.TIMEOUT, "");
    }
    QuicConnectionCloseEvent close = told;
    if (close != null && !close.isApplicationClose() && close.isTlsError()) {
      int alert = QuicConnectionCloseEvent.extractTlsError(close.error());
      return new Failures.Cause(Reason.HANDSHAKE_FAILED, "the peer sent TLS alert " + alert);
    }
    if (close != null
        && !close.isApplicationClose()
        && close.error() != DONE
        && close.error() != ABORTED) {
      return new Failures.Cause(Reason.PATH_LOST, "the peer sent QUIC error " + close.error());
    }
    return BROKEN;
  }

  /** The connection did not come about. */
  void failed(Throwable thrown) {
    Failures.Cause why = whyClosed();
    end(why.equals(BROKEN) ? Failures.ofQuic(thrown) : why);
  }

  /** What happens to the connection, as opposed to its stream. On the same loop. */
  private final class ConnectionEvents extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext context) {
      route.onEstablished();
      established = true;
      if (route.dialled() && !shutDown) {
        connection
            .createStream(
                QuicStreamType.BIDIRECTIONAL,
                new ChannelInitializer<QuicStreamChannel>() {
                  @Override
                  protected void initChannel(QuicStreamChannel opened) {
                    adopt(opened);
                  }
                })
            .addListener(
                created -> {
                  if (created.isSuccess()) {
                    open();
                  } else {
                    failed(created.cause());
                  }
                });
      }
      context.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof QuicStreamChannel opened && stream == null && !route.dialled()) {
        adopt(opened);
        loop().register(opened);
        open();
      } else {
        ReferenceCountUtil.release(message);
        end(new Failures.Cause(Reason.PROTOCOL_VIOLATION, "a second QUIC stream"));
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof QuicConnectionCloseEvent close) {
        told = close;
      } else if (event instanceof QuicPathEvent.New) {
        route.onAuthentic();
      } else if (event instanceof QuicPathEvent.PeerMigrated) {
        route.onAuthentic();
        addressChanges++;
        connected(local(), route.settled());
      }
      context.fireUserEventTriggered(event);
    }

    /** A packet that cannot be read is no reason to end; if it is one, the connection closes. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {}
  }
}
