package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.Connection;
import dev.crust.EndpointBuilder.Punching;
import dev.crust.EndpointBuilder.Relaying;
import dev.crust.Event;
import dev.crust.Message;
import dev.crust.PeerId;
import dev.crust.PeerStream;
import dev.crust.Transport;
import dev.crust.io.EventLoops;
import dev.crust.io.NonceSocket;
import dev.crust.io.Outgoing;
import dev.crust.io.Pipe;
import dev.crust.io.QuicTls;
import dev.crust.io.StunBindings;
import dev.crust.io.TcpPort;
import dev.crust.io.Tls;
import dev.crust.io.UdpPort;
import dev.crust.io.UdpPorts;
import dev.crust.proto.admission.Greeting;
import dev.crust.proto.admission.Token;
import dev.crust.proto.identity.PeerCertificate;
import dev.crust.proto.punch.UdpPunch;
import dev.crust.proto.reachability.Nonce;
import dev.crust.proto.relay.RelayLimits;
import dev.crust.proto.session.Limits;
import dev.crust.spi.Protocol;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What all parts of one endpoint share: who it is, its limits, clock, loops and executor, its feed
 * of events. Thread-safe.
 */
final class EndpointContext {
  /** Beyond this, what is sent and not acknowledged is kept small on every connection, in bytes. */
  private static final long MAX_UNACKNOWLEDGED = 256 << 20;

  private final LocalEndpoint.Settings settings;
  private final List<KnownMethod> methods;
  private final PeerId self;
  private final Limits limits;
  private final Token incarnation;
  private final Greeting.NetworkKey networkKey;
  private final MonotonicClock clock = new MonotonicClock();
  private final @Nullable UserThreads ownThreads;
  private final Executor userExecutor;
  private final EventFeed feed;
  private final EventLoops loops;
  private final Tls tls;
  private final TcpPort tcp;
  private final Set<PeerPath> paths = ConcurrentHashMap.newKeySet();
  private final @Nullable QuicTls quicTls;
  private final List<UdpPorts> udp = new CopyOnWriteArrayList<>();
  private final Set<Candidate> punched = ConcurrentHashMap.newKeySet();
  private final Expected expected = new Expected();
  private final ExpectedNonces nonces = new ExpectedNonces();
  private final Contacts contacts = new Contacts();
  private final SpareArrays spareArrays = new SpareArrays(32 << 10, 64);
  private final AtomicLong unacknowledged = new AtomicLong();
  private volatile @Nullable Consumer<? super PeerStream> streamReceiver;
  private volatile @Nullable BiConsumer<? super Connection, ? super Message> receiver;

  EndpointContext(LocalEndpoint.Settings settings) throws IOException {
    SecureRandom random = new SecureRandom();
    this.settings = settings;
    this.methods = KnownMethod.of(settings.methods());
    this.self = settings.identity().peerId();
    this.limits = Limits.forMessages(settings.maxMessageSize());
    this.networkKey = new Greeting.NetworkKey(settings.network());
    this.incarnation = Token.random(random);
    PeerCertificate certificate = PeerCertificate.create(settings.identity(), random);
    this.tls =
        new Tls(
            certificate,
            switch (settings.tlsEngine()) {
              case ANY -> Tls.Engine.best();
              case BORINGSSL -> Tls.Engine.BORINGSSL;
              case JDK -> Tls.Engine.JDK;
            });
    this.ownThreads = settings.executor().isPresent() ? null : new UserThreads(threadName("user"));
    this.userExecutor = ownThreads != null ? ownThreads : settings.executor().orElseThrow();
    this.feed = new EventFeed(userExecutor);
    this.loops = new EventLoops(threadName("io"));
    this.tcp = new TcpPort(loops, tls);
    this.quicTls = quicTls(settings, certificate);
  }

  private @Nullable QuicTls quicTls(LocalEndpoint.Settings wanted, PeerCertificate certificate)
      throws IOException {
    boolean asked = wanted.transports().contains(Transport.QUIC);
    boolean listens =
        wanted.listen().isEmpty()
            || wanted.listen().stream().anyMatch(place -> place.transport() == Transport.QUIC);
    if (!asked || !listens) {
      return null;
    }
    if (QuicTls.isAvailable()) {
      return new QuicTls(certificate);
    }
    if (!wanted.transports().contains(Transport.TCP)) {
      throw new IOException("QUIC cannot be had here: " + QuicTls.whyUnavailable());
    }
    feed.publish(
        new Event.Warning(
            "QUIC cannot be had here, TCP alone is used: " + QuicTls.whyUnavailable()));
    return null;
  }

  PeerId self() {
    return self;
  }

  /** What threads of this endpoint with this role are called. */
  String threadName(String role) {
    return "crust-" + self.toString().substring(0, 6) + "-" + role;
  }

  /** For what streams keep until their users read it. */
  SpareArrays spareArrays() {
    return spareArrays;
  }

  List<InetSocketAddress> stunServers() {
    return settings.stunServers();
  }

  String network() {
    return settings.network();
  }

  Limits limits() {
    return limits;
  }

  Duration heartbeat() {
    return settings.heartbeat();
  }

  Duration dialTimeout() {
    return settings.dialTimeout();
  }

  Duration pathPatience() {
    return settings.pathPatience();
  }

  /** A budget for what is sent and not acknowledged, within that of the endpoint. */
  SendBudget sendBudget(long limit) {
    return new SendBudget(limit, unacknowledged, MAX_UNACKNOWLEDGED);
  }

  Tls tls() {
    return tls;
  }

  /** What the endpoint has to do with relays. */
  Relaying relaying() {
    return settings.relaying();
  }

  /** By what it comes to direct paths, those of its own first. */
  List<KnownMethod> methods() {
    return methods;
  }

  /** Whether it takes part in punching. */
  boolean punches() {
    return settings.punching() == Punching.ON;
  }

  /** The signature of our identity. */
  byte[] sign(byte[] data) {
    return settings.identity().sign(data);
  }

  /** Where peers are to whom a way was punched. May be read and changed by any thread. */
  Set<Candidate> punched() {
    return punched;
  }

  /** From where TCP sockets may come in that are for a punch. */
  Expected expected() {
    return expected;
  }

  /** Which dial-backs it waits for. */
  ExpectedNonces nonces() {
    return nonces;
  }

  /** To whom it has sent lately. */
  Contacts contacts() {
    return contacts;
  }

  /** What it grants where it relays. */
  RelayLimits relayLimits() {
    return settings.relayLimits();
  }

  /** Dials a candidate; empty if nothing of ours leads there. May be called by any thread. */
  Optional<Outgoing> dial(
      Candidate candidate, PeerId expected, Duration timeout, Function<Pipe, Pipe.Reader> readers) {
    if (!speaks(candidate.transport())) {
      return Optional.empty();
    }
    if (candidate.transport() == Transport.QUIC) {
      contacts.onSent(Protocol.UDP, candidate.address().getAddress(), now());
    }
    return switch (candidate.transport()) {
      case TCP -> Optional.of(tcp.dial(candidate.address(), expected, timeout, readers));
      case QUIC ->
          udpTowards(candidate.address())
              .map(port -> port.dial(candidate.address(), expected, timeout, readers));
    };
  }

  /** The UDP port from whose address the kernel would send to this one. */
  Optional<UdpPort> udpTowards(InetSocketAddress remote) {
    return udp.stream().flatMap(ports -> ports.towards(remote).stream()).findFirst();
  }

  /** How our side of a punch begins: what a TTL can do is done where the platform sets one. */
  UdpPunch.Opener opener() {
    return loops.epoll() ? UdpPunch.Opener.LOW_TTL : UdpPunch.Opener.NONE;
  }

  /** Whether this transport is allowed, and can be had here. */
  boolean speaks(Transport transport) {
    return settings.transports().contains(transport)
        && (transport != Transport.QUIC || quicTls != null);
  }

  /** UDP ports with this number, none open yet; empty where QUIC cannot be had. */
  Optional<UdpPorts> openUdp(int port, Function<Pipe, Pipe.Reader> readers) {
    QuicTls known = quicTls;
    if (known == null) {
      return Optional.empty();
    }
    UdpPorts ports = new UdpPorts(loops, known, clock::now, port, readers);
    udp.add(ports);
    return Optional.of(ports);
  }

  /** Opens sockets at a local address to find out what NAT stands before it. */
  CompletableFuture<StunBindings> stunBindings(InetAddress local, int count, StunBindings.Ear ear) {
    return StunBindings.open(loops, local, count, ear);
  }

  /** Brings a nonce to somebody who wants to be dialled back. The outcome on the control loop. */
  void bring(
      Nonce nonce,
      Protocol by,
      InetAddress from,
      InetSocketAddress to,
      Duration patience,
      Consumer<NonceSocket.Outcome> ended) {
    NonceSocket.bring(nonce, by, from, to, patience, loops, ended);
  }

  /** Runs a task on the control loop, or here and now if that has ended. */
  void onControl(Runnable task) {
    try {
      control().execute(task);
    } catch (RejectedExecutionException endpointClosed) {
      task.run();
    }
  }

  Token incarnation() {
    return incarnation;
  }

  Greeting.NetworkKey networkKey() {
    return networkKey;
  }

  Instant now() {
    return clock.now();
  }

  EventLoop control() {
    return loops.control();
  }

  TcpPort tcp() {
    return tcp;
  }

  EventFeed feed() {
    return feed;
  }

  /** A stage for the user. */
  <T> UserFuture<T> future() {
    return new UserFuture<>(userExecutor);
  }

  Executor userExecutor() {
    return userExecutor;
  }

  /** The paths whose sockets are not closed yet. */
  Set<PeerPath> paths() {
    return paths;
  }

  /** Runs a task on a loop at this time, or at once if it has passed. */
  io.netty.util.concurrent.Future<?> at(Instant time, EventLoop loop, Runnable task) {
    long nanos = Math.max(0, Duration.between(now(), time).toNanos());
    return loop.schedule(task, nanos, TimeUnit.NANOSECONDS);
  }

  /** Who receives the messages of connections that have no receiver of their own. */
  void receiver(BiConsumer<? super Connection, ? super Message> newReceiver) {
    receiver = newReceiver;
  }

  /** The endpoint's receiver for the messages of this connection, if there is one. */
  @Nullable Consumer<Message> receiverFor(Connection connection) {
    BiConsumer<? super Connection, ? super Message> current = receiver;
    return current == null ? null : message -> current.accept(connection, message);
  }

  /** Who receives the streams of connections that have no receiver of their own. */
  void streamReceiver(Consumer<? super PeerStream> newReceiver) {
    streamReceiver = newReceiver;
  }

  @Nullable Consumer<? super PeerStream> streamReceiver() {
    return streamReceiver;
  }

  /** The user's code has thrown. */
  void onUserFailure(Throwable thrown) {
    feed.publish(new Event.Warning("a receiver of messages or streams failed: " + thrown));
  }

  /** Ends every thread. */
  void close() {
    loops.close();
    tls.close();
    if (quicTls != null) {
      quicTls.close();
    }
    feed.close();
    if (ownThreads != null) {
      ownThreads.close();
    }
  }
}
