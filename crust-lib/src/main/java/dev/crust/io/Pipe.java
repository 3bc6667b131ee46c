package dev.crust.io;

import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A pipe of bytes to an authenticated peer: TLS on TCP or on a circuit through a relay, or the one
 * stream of a QUIC connection. Everything happens on its event loop; only {@link #loop}, {@link
 * #transport}, {@link #relay} and {@link #bringer} may be used from other threads.
 */
public abstract sealed class Pipe extends ChannelInboundHandlerAdapter permits TcpPipe, QuicPipe {
  /** Who reads from a pipe. Called on the pipe's loop. */
  public interface Reader {
    /** The handshake has succeeded. */
    void onOpen(PeerId peer);

    /** Bytes have come; the buffer is valid during the call, which takes all of it. */
    void onBytes(ByteBuffer bytes);

    /** No more bytes are there for now. */
    void onBatchRead();

    /** The pipe takes more output again. */
    void onWritable();

    /**
     * Nobody needs the pipe any more, except perhaps the reader: it closes the pipe, or does not.
     */
    void onCancelled();

    /**
     * The pipe is closed, or never came about. Called once, last.
     *
     * @param reason why, as far as the socket and TLS can tell
     * @param detail for people
     */
    void onClosed(Reason reason, String detail);
  }

  /** As often can a peer's end change. */
  public static final int MAX_ADDRESS_CHANGES = 60;

  static final Failures.Cause BROKEN = new Failures.Cause(Reason.PATH_LOST, "");

  private final Transport transport;
  private final EventLoop loop;
  private final Reader reader;
  private final Optional<PeerId> relay;
  private final Optional<String> bringer;
  private InetSocketAddress local;
  private InetSocketAddress remote;
  private boolean closed;

  Pipe(
      Transport transport,
      EventLoop loop,
      InetSocketAddress local,
      InetSocketAddress remote,
      Function<Pipe, Reader> readers) {
    this(
        loop,
        new Circuit.Way(Optional.empty(), Optional.empty(), transport, local, remote),
        readers);
  }

  /** A pipe by a way that others keep. */
  Pipe(EventLoop loop, Circuit.Way way, Function<Pipe, Reader> readers) {
    this.transport = way.transport();
    this.loop = loop;
    this.local = way.local();
    this.remote = way.remote();
    this.relay = way.relay();
    this.bringer = way.bringer();
    this.reader = readers.apply(this);
  }

  /** The peer that relays it, if one does: transport and ends are those of the path to that. */
  public final Optional<PeerId> relay() {
    return relay;
  }

  /** The traversal method that has brought the wire, if one has: the ends are as that says. */
  public final Optional<String> bringer() {
    return bringer;
  }

  /** Whether its socket is one of ours, so that its ends are what the network says. */
  public final boolean isOurs() {
    return relay.isEmpty() && bringer.isEmpty();
  }

  /** What carries it. */
  public final Transport transport() {
    return transport;
  }

  /** The loop on which everything happens. */
  public final EventLoop loop() {
    return loop;
  }

  /** Our end, once it is connected. */
  public final InetSocketAddress local() {
    return local;
  }

  /**
   * The peer's end, once it is connected; of one that came in, always. By QUIC a peer that dialled
   * us may change it at any time.
   */
  public final InetSocketAddress remote() {
    return remote;
  }

  /**
   * How often the peer's end has changed. By QUIC that happens without anybody's doing, and each
   * time uses up a connection id: at {@link #MAX_ADDRESS_CHANGES} the pipe may fall silent, so well
   * before the dialler should dial anew and move there.
   */
  public int addressChanges() {
    return 0;
  }

  /** Whether it takes more output now; if not, {@link Reader#onWritable} tells when. */
  public abstract boolean writable();

  /**
   * How much more would leave this host at once if it was written now, as far as that is known, in
   * bytes: beyond that it would wait for the peer's host to acknowledge some.
   */
  public long room() {
    return Long.MAX_VALUE;
  }

  /** Writes what the filler puts into a buffer of this many bytes; {@link #flush} sends it. */
  public final void write(int capacity, Consumer<ByteBuffer> filler) {
    ByteBuf buffer = allocator().directBuffer(capacity, capacity);
    ByteBuffer nio = buffer.internalNioBuffer(0, capacity);
    int start = nio.position();
    filler.accept(nio);
    buffer.writerIndex(nio.position() - start);
    put(buffer);
  }

  /** Sends what was written. */
  public abstract void flush();

  /** The peer is admitted: what it sends is not counted against the handshake any more. */
  public abstract void admitted();

  /** Closes after what was written is sent, with the transport's own farewell. */
  public abstract void close();

  /**
   * Closes when both sides have said their last. Frees the two ends at once if they will be needed
   * again: the ports of a punch are the same each time.
   */
  public void part() {
    close();
  }

  /** Closes at once: what is under way is not delivered. */
  public abstract void abort();

  abstract ByteBufAllocator allocator();

  /** Takes the buffer over. */
  abstract void put(ByteBuf buffer);

  /** Closes what is below, without waiting for anything. */
  abstract void hangUp();

  final void cancel() {
    reader.onCancelled();
  }

  final boolean closed() {
    return closed;
  }

  final Reader reader() {
    return reader;
  }

  final void connected(InetSocketAddress newLocal, InetSocketAddress newRemote) {
    local = newLocal;
    remote = newRemote;
  }

  /** It is over. */
  final void end(Failures.Cause why) {
    if (!closed) {
      leave(why);
      hangUp();
    }
  }

  /** It is over, but what is below goes on. */
  final void leave(Failures.Cause why) {
    if (!closed) {
      closed = true;
      reader.onClosed(why.reason(), why.detail());
    }
  }

  @Override
  public final void channelRead(ChannelHandlerContext context, Object message) {
    try {
      if (!closed) {
        onBytes((ByteBuf) message);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  void onBytes(ByteBuf bytes) {
    reader.onBytes(bytes.nioBuffer());
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (!closed && context.channel().isWritable()) {
      reader.onWritable();
    }
    context.fireChannelWritabilityChanged();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
    end(Failures.ofPipe(thrown));
  }
}
