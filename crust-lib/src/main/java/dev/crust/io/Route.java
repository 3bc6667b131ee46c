package dev.crust.io;

import dev.crust.proto.datagram.ConnectionId;
import dev.crust.proto.guard.RateLimit;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a QUIC connection's datagrams come from and which ids they bear: what the {@link
 * DatagramSplitter} knows of a connection. On the loop of the port's socket.
 */
final class Route {
  /**
   * Datagrams from elsewhere than the peer's address that are looked at: the first of a peer that
   * has moved, or garbage.
   */
  private static final RateLimit.Rate STRANGERS = new RateLimit.Rate(16, 8);

  /**
   * To an address that has not answered yet at most one and a half times what came from there goes;
   * RFC 9000 §8.1 would allow three.
   */
  private static final long NUMERATOR = 3;

  private static final long DENOMINATOR = 2;

  private final boolean dialled;
  private final List<ConnectionId> ids = new ArrayList<>(2);
  private final RateLimit.Bucket strangers = new RateLimit.Bucket(STRANGERS);
  private InetSocketAddress settled;
  private @Nullable InetSocketAddress latest;
  private @Nullable QuicPipe pipe;
  private ByteBuffer opening = ByteBuffer.allocate(0);
  private @Nullable ConnectionId client;
  private @Nullable Runnable handshakeEnded;
  private boolean validated;
  private boolean established;
  private boolean touched;
  private boolean authentic;
  private long received;
  private long sent;

  /**
   * A route to or from this address.
   *
   * @param dialled whether we dialled it
   */
  Route(InetSocketAddress remote, boolean dialled) {
    this.settled = remote;
    this.dialled = dialled;
    this.validated = dialled;
  }

  boolean dialled() {
    return dialled;
  }

  /** The peer's address, as far as it is proven. */
  InetSocketAddress settled() {
    return settled;
  }

  List<ConnectionId> ids() {
    return ids;
  }

  @Nullable QuicPipe pipe() {
    return pipe;
  }

  void pipe(QuicPipe made) {
    pipe = made;
  }

  /** Marks it as having datagrams in this batch. Returns whether it had none before. */
  boolean touch() {
    boolean first = !touched;
    touched = true;
    return first;
  }

  /** The batch has ended. */
  void onBatch() {
    touched = false;
    QuicPipe open = pipe;
    if (open != null) {
      open.onBatch();
    }
  }

  /** Whether a datagram from this address may be looked at now. */
  boolean admits(InetSocketAddress source, Instant now) {
    latest = source;
    authentic = false;
    if (source.equals(settled)) {
      return true;
    }
    // Whoever answers a dial, and whoever has not finished its handshake, does not move.
    return !dialled && established && strangers.take(now);
  }

  /** The datagram at hand has proven to be the peer's, and to come from a new address of its. */
  void onAuthentic() {
    authentic = true;
    if (latest != null) {
      settled = latest;
    }
  }

  /** Whether the last datagram from elsewhere has proven to be the peer's. */
  boolean wasAuthentic() {
    return authentic;
  }

  /** The id that the client had made up. */
  ByteBuffer opening() {
    return opening;
  }

  void opening(ByteBuffer madeUp) {
    opening = madeUp;
  }

  /** By what id the client wants to be called, until its handshake has ended. */
  @Nullable ConnectionId client() {
    return client;
  }

  void client(ConnectionId itself) {
    client = itself;
  }

  /** A handshake begins; runs this when it has ended, one way or the other. */
  void handshaking(Runnable ended) {
    handshakeEnded = ended;
  }

  void onEstablished() {
    established = true;
    validated = true;
    endHandshake();
  }

  void endHandshake() {
    Runnable ended = handshakeEnded;
    handshakeEnded = null;
    if (ended != null) {
      ended.run();
    }
  }

  /** The peer has shown by a token that it receives at its address. */
  void onValidated() {
    validated = true;
  }

  boolean validated() {
    return validated;
  }

  void onReceived(int bytes) {
    received += bytes;
  }

  /** Takes so many bytes from what may be sent, if there are as many. */
  boolean maySend(int bytes) {
    if (!validated && (sent + bytes) * DENOMINATOR > received * NUMERATOR) {
      return false;
    }
    sent += bytes;
    return true;
  }
}
