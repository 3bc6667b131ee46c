package dev.crust.io;

import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.Transport;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * One end of a circuit through a relay, or of a wire that a traversal method has brought, with TLS
 * in it from end to end, as a {@link Pipe}. Whoever carries its bytes can do no more than to
 * withhold them. On its loop.
 */
public final class Circuit {
  /**
   * By what a circuit goes.
   *
   * @param relay who relays, if somebody does
   * @param bringer the traversal method that has brought it, if one has
   * @param transport what carries the path to the relay
   * @param local our end of that path, or of what was brought
   * @param remote the relay's end, or that of what was brought
   */
  public record Way(
      Optional<PeerId> relay,
      Optional<String> bringer,
      Transport transport,
      InetSocketAddress local,
      InetSocketAddress remote) {
    /** That by a relay. */
    public static Way by(
        PeerId relay, Transport transport, InetSocketAddress local, InetSocketAddress remote) {
      return new Way(Optional.of(relay), Optional.empty(), transport, local, remote);
    }

    /** That of a wire which a method has brought: what it does about order and loss is TCP's. */
    public static Way broughtBy(String method, InetSocketAddress local, InetSocketAddress remote) {
      return new Way(Optional.empty(), Optional.of(method), Transport.TCP, local, remote);
    }
  }

  private final CircuitChannel channel;
  private final TcpPipe pipe;

  private Circuit(
      CircuitChannel channel,
      EventLoop loop,
      SslHandler tls,
      Way way,
      Function<Pipe, Pipe.Reader> readers) {
    this.channel = channel;
    this.pipe = new TcpPipe(channel, loop, way, readers);
    channel.pipeline().addLast(new HandshakeBudget(), tls, pipe);
    loop.register(channel);
  }

  /**
   * The end of the side that has asked for the circuit: the client of TLS. To be called on the
   * loop.
   *
   * @param expected who must answer
   * @param timeout for the TLS handshake
   */
  public static Circuit dial(
      Tls tls,
      EventLoop loop,
      CircuitWire wire,
      Way way,
      PeerId expected,
      Duration timeout,
      Function<Pipe, Pipe.Reader> readers) {
    CircuitChannel channel = new CircuitChannel(wire, way);
    SslHandler handler = tls.client(channel.alloc(), expected);
    handler.setHandshakeTimeoutMillis(timeout.toMillis());
    return new Circuit(channel, loop, handler, way, readers);
  }

  /** The end of the side to which the circuit was opened. To be called on the loop. */
  public static Circuit accept(
      Tls tls, EventLoop loop, CircuitWire wire, Way way, Function<Pipe, Pipe.Reader> readers) {
    CircuitChannel channel = new CircuitChannel(wire, way);
    SslHandler handler = tls.server(channel.alloc());
    // The endpoint's own clock bounds the whole way to the admission.
    handler.setHandshakeTimeoutMillis(0);
    return new Circuit(channel, loop, handler, way, readers);
  }

  /** Bytes have come; they are taken at once. */
  public void onBytes(ByteBuffer bytes) {
    channel.onBytes(bytes);
  }

  /** The wire has room again. */
  public void onRoom() {
    channel.onRoom();
  }

  /** The other side has closed the circuit. */
  public void onEnd() {
    channel.close();
  }

  /** The circuit is cut. */
  public void onCut(Reason reason, String detail) {
    pipe.end(new Failures.Cause(reason, detail));
  }

  /** Gives the attempt up, unless its reader holds on to it; see {@link Pipe.Reader}. */
  public void cancel() {
    pipe.cancel();
  }
}
