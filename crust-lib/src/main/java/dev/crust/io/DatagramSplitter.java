package dev.crust.io;

import dev.crust.proto.datagram.ConnectionId;
import dev.crust.proto.datagram.DatagramKind;
import dev.crust.proto.guard.RateLimit;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.quic.QuicConnectionIdGenerator;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Deals out the datagrams of one port: STUN, the QUIC connections that came in, those that we
 * dialled, and the rest (RFC 9443). Stands before both QUIC codecs and knows the ids of all
 * connections, so that nothing reaches a codec that has no business there. On the socket's loop.
 *
 * <p>Netty's codec believes the source address of a datagram before the datagram has proven
 * genuine, and would send what is under way there. So a datagram from elsewhere than its
 * connection's address is followed, unless it was genuine, by a void one from the true address.
 */
final class DatagramSplitter extends ChannelDuplexHandler implements QuicConnectionIdGenerator {
  /** Above this many handshakes under way, whoever comes first shows its address. */
  static final int FREE_HANDSHAKES = 64;

  /**
   * As often may one come first without that. Most Initials of a flood are none when they are
   * looked at, and their handshakes end at once, but each costs a connection's memory until the
   * garbage collector has run twice: the codec's objects have finalizers.
   */
  private static final RateLimit.Rate FREE_OPENINGS = new RateLimit.Rate(256, 64);

  /**
   * How many ids of closed connections are remembered: a late first answer to a dial looks like the
   * beginning of a connection.
   */
  private static final int TOMBSTONES = 4096;

  /** Long enough to be read as a packet and to fail. */
  private static final int VOID_LENGTH = 64;

  private static final byte SHORT_HEADER = 0x40;

  /** Who takes what is not QUIC. Called on the socket's loop. */
  interface Others {
    /** A STUN message has come. */
    void onStun(ByteBuffer message, InetSocketAddress source);

    /** Something that is neither STUN nor QUIC has come. Returns whether anybody wanted it. */
    boolean onOther(ByteBuffer datagram, InetSocketAddress source);
  }

  /** The client of a handshake: its address alone may be that of others, too. */
  private record Client(InetSocketAddress address, ConnectionId id) {}

  private final String serverCodec;
  private final SecureRandom random;
  private final InstantSource clock;
  private final Others others;
  private final Drops drops;
  private final Map<ConnectionId, Route> routes = new HashMap<>();
  private final Map<ByteBuffer, Route> openings = new HashMap<>();
  private final Map<Client, Route> unproven = new HashMap<>();
  private final Map<ConnectionId, Boolean> tombstones =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ConnectionId, Boolean> eldest) {
          return size() > TOMBSTONES;
        }
      };
  private final List<Route> touched = new ArrayList<>();
  private final RateLimit.Bucket openingsLeft = new RateLimit.Bucket(FREE_OPENINGS);
  private @Nullable Route current;
  private int handshakes;

  /**
   * For a port.
   *
   * @param serverCodec the name in the pipeline of the codec for connections that come in
   */
  DatagramSplitter(
      String serverCodec, SecureRandom random, InstantSource clock, Others others, Drops drops) {
    this.serverCodec = serverCodec;
    this.random = random;
    this.clock = clock;
    this.others = others;
    this.drops = drops;
  }

  /**
   * Whether so many handshakes are under way, or have begun lately, that the newcomer at hand has
   * to show its address first.
   */
  boolean underLoad() {
    if (handshakes < FREE_HANDSHAKES && openingsLeft.take(clock.instant())) {
      return false;
    }
    // The id that comes next is for a Retry, which leaves no trace.
    current = null;
    return true;
  }

  /** The newcomer at hand has shown its address. */
  void onTokenValidated() {
    if (current != null) {
      current.onValidated();
    }
  }

  /** The route that the datagram at hand has opened. */
  Route opening() {
    if (current == null) {
      throw new IllegalStateException("a connection came without a datagram");
    }
    return current;
  }

  /** A handshake begins on the route that the datagram at hand has opened. */
  void onHandshake(Route route) {
    handshakes++;
    if (!route.validated() && route.client() != null) {
      unproven.put(new Client(route.settled(), route.client()), route);
    }
  }

  private void onProven(Route route) {
    if (route.client() != null) {
      unproven.remove(new Client(route.settled(), route.client()), route);
    }
  }

  /** That handshake has ended, one way or the other. */
  void onHandshakeEnded(Route route) {
    handshakes--;
    onProven(route);
    openings.remove(route.opening());
  }

  /** Expects datagrams for a connection that we dial. Returns its id. */
  ConnectionId expect(Route route) {
    ConnectionId id = ConnectionId.random(random);
    register(id, route);
    return id;
  }

  private void register(ConnectionId id, Route route) {
    routes.put(id, route);
    route.ids().add(id);
  }

  /** A connection has ended. */
  void forget(Route route) {
    for (ConnectionId id : route.ids()) {
      routes.remove(id);
    }
    if (!route.ids().isEmpty()) {
      tombstones.put(route.ids().get(0), true);
    }
    route.ids().clear();
  }

  /** How many ids lead to a connection. */
  int ids() {
    return routes.size();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    DatagramPacket packet = (DatagramPacket) message;
    ByteBuf content = packet.content();
    ByteBuffer bytes = content.nioBuffer();
    InetSocketAddress source = packet.sender();
    switch (DatagramKind.of(bytes)) {
      case STUN -> {
        others.onStun(bytes, source);
        packet.release();
      }
      case OTHER -> {
        if (!others.onOther(bytes, source)) {
          drops.count(Drops.Kind.NOISE);
        }
        packet.release();
      }
      case QUIC -> onQuic(context, packet, bytes, source);
    }
  }

  private void onQuic(
      ChannelHandlerContext context,
      DatagramPacket packet,
      ByteBuffer bytes,
      InetSocketAddress source) {
    ConnectionId id = ConnectionId.destinationOf(bytes);
    Route route = id == null ? null : routes.get(id);
    if (id != null && route != null) {
      onRouted(context, packet, source, id, route);
    } else if (id != null && tombstones.containsKey(id)) {
      drop(packet, Drops.Kind.LATE);
    } else if (!DatagramKind.mayOpen(bytes)) {
      drop(packet, Drops.Kind.STRAY);
    } else {
      Client client = new Client(source, DatagramKind.clientOf(bytes));
      onOpening(context, packet, bytes.remaining(), DatagramKind.openingId(bytes), client);
    }
  }

  private void onRouted(
      ChannelHandlerContext context,
      DatagramPacket packet,
      InetSocketAddress source,
      ConnectionId id,
      Route route) {
    if (!route.admits(source, clock.instant())) {
      drop(packet, Drops.Kind.STRANGER);
      return;
    }
    InetSocketAddress settled = route.settled();
    InetSocketAddress recipient = packet.recipient();
    if (route.touch()) {
      touched.add(route);
    }
    if (!route.validated()) {
      // Whoever knows an id of our choice has received what we sent (RFC 9000 §8.1).
      route.onValidated();
      onProven(route);
    }
    pass(context, packet, route);
    if (!source.equals(settled) && !route.wasAuthentic()) {
      drops.count(Drops.Kind.FALSE_SOURCE);
      pass(context, new DatagramPacket(voidPacket(id), recipient, settled), route);
    }
  }

  private static ByteBuf voidPacket(ConnectionId id) {
    return Unpooled.directBuffer(VOID_LENGTH, VOID_LENGTH)
        .writeByte(SHORT_HEADER)
        .writeBytes(id.bytes())
        .writeZero(VOID_LENGTH - 1 - ConnectionId.LENGTH);
  }

  private void pass(ChannelHandlerContext context, DatagramPacket packet, Route route) {
    current = route;
    if (route.dialled()) {
      // Past the codec for those that came in, which would take it for one of those.
      context.pipeline().context(serverCodec).fireChannelRead(packet);
    } else {
      context.fireChannelRead(packet);
    }
    current = null;
  }

  /**
   * Until it knows our id, a client uses one that it has made up, or that a Retry gave it. The
   * codec may make a connection of such a datagram, answer it, or drop it.
   */
  private void onOpening(
      ChannelHandlerContext context,
      DatagramPacket packet,
      int length,
      ByteBuffer madeUp,
      Client client) {
    InetSocketAddress source = client.address;
    Route known = openings.get(madeUp);
    boolean another =
        known == null ? unproven.containsKey(client) : !known.settled().equals(source);
    if (another) {
      drop(packet, Drops.Kind.STRANGER);
      return;
    }
    Route route = known != null ? known : new Route(source, false);
    route.client(client.id);
    route.onReceived(length);
    pass(context, packet, route);
    if (known != null) {
      return;
    }
    if (route.pipe() != null) {
      route.opening(madeUp);
      openings.put(madeUp, route);
      if (route.validated() && madeUp.remaining() == ConnectionId.LENGTH) {
        // It is the one that our Retry gave it, and stays the connection's.
        register(ConnectionId.at(madeUp, 0), route);
      }
    } else {
      route.ids().forEach(routes::remove);
    }
  }

  private void drop(DatagramPacket packet, Drops.Kind kind) {
    drops.count(kind);
    packet.release();
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    for (int i = 0; i < touched.size(); i++) {
      touched.get(i).onBatch();
    }
    touched.clear();
    context.fireChannelReadComplete();
    // The codecs do not pass it on.
    context.pipeline().context(serverCodec).fireChannelReadComplete();
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (!unproven.isEmpty() && message instanceof DatagramPacket packet) {
      ConnectionId to = ConnectionId.destinationOf(packet.content().nioBuffer());
      Route route = to == null ? null : unproven.get(new Client(packet.recipient(), to));
      if (route != null && !route.maySend(packet.content().readableBytes())) {
        drops.count(Drops.Kind.AMPLIFICATION);
        packet.release();
        promise.setSuccess();
        return;
      }
    }
    context.write(message, promise);
  }

  /** A socket of its own errors is none of its connections'. */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
    drops.count(Drops.Kind.SOCKET_ERROR);
  }

  /** An id for the connection whose datagram is at hand, or for a Retry. */
  @Override
  public ByteBuffer newId(int length) {
    ConnectionId id = ConnectionId.random(random);
    if (current != null) {
      register(id, current);
    }
    return ByteBuffer.wrap(id.bytes());
  }

  @Override
  public ByteBuffer newId(ByteBuffer input, int length) {
    return newId(length);
  }

  @Override
  public int maxConnectionIdLength() {
    return ConnectionId.LENGTH;
  }

  @Override
  public boolean isIdempotent() {
    return false;
  }
}
