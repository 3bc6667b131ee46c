package dev.crust.io;

import dev.crust.PeerId;
import dev.crust.proto.punch.TcpPunch.Failure;
import dev.crust.proto.punch.TcpPunch.TlsRole;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.SocketChannelConfig;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A TCP socket at a listening port, dialled from there or come in there: which of both says nothing
 * of who speaks first. So it reads nothing before it is told its role in TLS; then it is a {@link
 * Pipe}. Its methods are thread-safe, its ear hears on the socket's loop.
 */
public final class PunchSocket extends ChannelInboundHandlerAdapter {
  /** Who decides what becomes of such sockets. Called on the socket's loop. */
  public interface Ear {
    /** It is connected, and waits. */
    void connected(PunchSocket socket);

    /** TLS is up, with this peer. */
    void secured(PunchSocket socket, PeerId peer);

    /** It came to nothing. Not called after {@link #secured} or {@link PunchSocket#abort}. */
    void failed(PunchSocket socket, Failure why);
  }

  /** Who expects sockets to come in. Asked on any loop. */
  public interface Expectation {
    /** Whose are those that come in from exactly there. */
    Optional<Ear> at(InetSocketAddress remote);

    /**
     * Who wants to hear whom a guest proves to be that comes in from another port of that host,
     * since some NATs map for each destination anew: hears of that alone, and of no failure.
     */
    Optional<Ear> near(InetAddress host);

    /** Nobody does. */
    static Expectation none() {
      return new Expectation() {
        @Override
        public Optional<Ear> at(InetSocketAddress remote) {
          return Optional.empty();
        }

        @Override
        public Optional<Ear> near(InetAddress host) {
          return Optional.empty();
        }
      };
    }
  }

  /** What a socket becomes that is told its role. */
  record Becoming(
      Tls tls,
      int handshakeMillis,
      Function<Pipe, Pipe.Reader> guests,
      StunSockets stun,
      NonceEar nonces) {}

  private static final int SYSTEM_DEFAULT = -1;

  private final InetSocketAddress remote;
  private final boolean dialled;
  private final Becoming becoming;
  private final Ear ear;
  private volatile @Nullable Channel channel;
  private @Nullable TcpPipe pipe;
  private boolean guest;
  private volatile boolean over;

  PunchSocket(InetSocketAddress remote, boolean dialled, Becoming becoming, Ear ear) {
    this.remote = remote;
    this.dialled = dialled;
    this.becoming = becoming;
    this.ear = ear;
  }

  /** The socket that it is. Before anything else is asked of it. */
  void at(Channel made) {
    channel = made;
  }

  /** It is a guest from the beginning. */
  void at(Channel made, TcpPipe from) {
    at(made);
    pipe = from;
    guest = true;
  }

  /** Its other end. */
  public InetSocketAddress remote() {
    return remote;
  }

  /** Whether we have dialled it. */
  public boolean dialled() {
    return dialled;
  }

  /** Lets it be what every socket is that comes in. */
  public void admit() {
    onLoop(
        socket -> {
          if (pipe != null) {
            return;
          }
          TcpPipe made = TcpPipe.punched(socket, becoming.guests);
          pipe = made;
          ChannelPipeline handlers = socket.pipeline();
          handlers.addBefore(handlers.context(this).name(), "pipe", made);
          FirstBytes first =
              new FirstBytes(
                  () -> becoming.tls.guest(socket.alloc()), made, becoming.stun, becoming.nonces);
          handlers.addBefore("pipe", "first", first);
          begin(socket);
        });
  }

  /**
   * Begins TLS.
   *
   * @param role as a server it becomes what every socket is that comes in
   * @param expected who must answer a client
   * @param readers makes the reader of a client's pipe; called on its loop
   */
  public void secure(TlsRole role, PeerId expected, Function<Pipe, Pipe.Reader> readers) {
    switch (role) {
      case CLIENT -> become(expected, readers);
      case SERVER -> admit();
    }
  }

  private void become(PeerId expected, Function<Pipe, Pipe.Reader> readers) {
    onLoop(
        socket -> {
          SslHandler handler = becoming.tls.client(socket.alloc(), expected);
          handler.setHandshakeTimeoutMillis(becoming.handshakeMillis);
          TcpPipe made = TcpPipe.punched(socket, readers);
          pipe = made;
          ChannelPipeline handlers = socket.pipeline();
          // From last to first: TLS begins as soon as it is there.
          handlers.addBefore(handlers.context(this).name(), "pipe", made);
          handlers.addBefore("pipe", "budget", new HandshakeBudget());
          handlers.addBefore("pipe", "tls", handler);
          begin(socket);
        });
  }

  /** Nobody needs it any more, except perhaps its reader; see {@link Pipe.Reader#onCancelled}. */
  public void cancel() {
    onLoop(
        socket -> {
          TcpPipe made = pipe;
          if (made != null) {
            made.cancel();
          } else {
            reset(socket);
          }
        });
  }

  /** Drops it, by a reset if it is connected. */
  public void abort() {
    over = true;
    onLoop(
        socket -> {
          TcpPipe made = pipe;
          if (made != null) {
            made.abort();
          } else {
            reset(socket);
          }
        });
  }

  private static void begin(Channel socket) {
    linger(socket, SYSTEM_DEFAULT);
    socket.config().setAutoRead(true);
  }

  private static void linger(Channel socket, int seconds) {
    if (socket.isActive() && socket.config() instanceof SocketChannelConfig config) {
      config.setSoLinger(seconds);
    }
  }

  private void reset(Channel socket) {
    over = true;
    linger(socket, 0);
    socket.close();
  }

  private void onLoop(Consumer<Channel> task) {
    Channel socket = channel;
    if (socket != null && socket.isRegistered()) {
      socket
          .eventLoop()
          .execute(
              () -> {
                if (socket.isOpen()) {
                  task.accept(socket);
                }
              });
    }
  }

  /** It could not be connected. On its loop. */
  void unreachable(Throwable why) {
    fail(Failures.ofPunch(why));
  }

  private void fail(Failure why) {
    if (!over) {
      over = true;
      if (!guest) {
        ear.failed(this, why);
      }
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    Channel socket = context.channel();
    if (over) {
      reset(socket);
    } else if (Addresses.plain(socket.localAddress()).equals(remote)) {
      // A dial to our own port meets itself.
      fail(Failure.REFUSED);
      socket.close();
    } else if (!guest) {
      ear.connected(this);
    }
    context.fireChannelActive();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
    if (event instanceof SslHandshakeCompletionEvent handshake && !over) {
      if (handshake.isSuccess()) {
        over = true;
        ear.secured(this, Tls.peer(context.pipeline().get(SslHandler.class).engine()));
      } else {
        fail(Failures.ofPunchedHandshake(handshake.cause()));
      }
    }
    context.fireUserEventTriggered(event);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    fail(Failure.RESET);
    context.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
    fail(Failures.ofPunch(thrown));
    context.close();
  }
}
