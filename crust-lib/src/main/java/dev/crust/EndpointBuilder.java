package dev.crust;

import dev.crust.driver.LocalEndpoint;
import dev.crust.proto.relay.RelayLimits;
import dev.crust.spi.Discovery;
import dev.crust.spi.TraversalMethod;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.Executor;

/** How an endpoint should be. Every setting has a default. Not thread-safe. */
public final class EndpointBuilder {
  /** Which TLS engine to use. */
  public enum TlsEngine {
    /** BoringSSL where its native library loads, else the JDK's. */
    ANY,
    /** BoringSSL; opening fails where its native library does not load. */
    BORINGSSL,
    /** The JDK's own. */
    JDK
  }

  /** What an endpoint has to do with relays: peers that carry the connections of others. */
  public enum Relaying {
    /** It uses them, and is one while one of its addresses is public. */
    WHEN_PUBLIC,
    /** It uses them and is one. */
    ALWAYS,
    /** It uses them and is none. */
    FOR_OURSELVES,
    /** Neither. */
    NEVER
  }

  /** Whether an endpoint makes its own way through NATs and firewalls. */
  public enum Punching {
    /** Where both sides want it, and a plan says that it can work. */
    ON,
    /** Not at all; what can be dialled is dialled. */
    OFF
  }

  private Optional<Identity> identity = Optional.empty();
  private String network = "public";
  private final List<Place> listen = new ArrayList<>();
  private final List<InetSocketAddress> stunServers = new ArrayList<>();
  private Set<Transport> transports = EnumSet.allOf(Transport.class);
  private TlsEngine tlsEngine = TlsEngine.ANY;
  private Optional<Executor> executor = Optional.empty();
  private int maxMessageSize = 2 << 20;
  private Duration dialTimeout = Duration.ofSeconds(10);
  private Duration heartbeat = Duration.ofSeconds(20);
  private Duration pathPatience = Duration.ofMinutes(2);
  private Optional<List<Discovery>> discoveries = Optional.empty();
  private final List<TraversalMethod> methods = new ArrayList<>();
  private Relaying relaying = Relaying.WHEN_PUBLIC;
  private Punching punching = Punching.ON;
  private RelayLimits relayLimits = RelayLimits.DEFAULT;

  EndpointBuilder() {}

  /** Who the endpoint is; a new identity in memory unless said. */
  public EndpointBuilder identity(Identity identity) {
    this.identity = Optional.of(identity);
    return this;
  }

  /** The network's name: only endpoints of the same name connect. {@code public} unless said. */
  public EndpointBuilder network(String name) {
    if (name.isBlank()) {
      throw new IllegalArgumentException("a network's name is not blank");
    }
    this.network = name;
    return this;
  }

  /**
   * A place to listen.
   *
   * @param transport by what
   * @param address a resolved local address. Port 0 is a random one; a wildcard address is every
   *     interface, and {@code [::]} covers IPv4 too
   */
  public record Place(Transport transport, InetSocketAddress address) {
    /** Checks that it is an IP address. */
    public Place {
      if (address.isUnresolved()) {
        throw new IllegalArgumentException("'" + address + "' is not an IP address");
      }
    }
  }

  /** Adds a local address to listen on by TCP; see {@link Place}. */
  public EndpointBuilder listen(InetSocketAddress address) {
    return listen(Transport.TCP, address);
  }

  /**
   * Adds a local address to listen on. Unless any is said: every interface, random ports, TCP and
   * QUIC. QUIC can be dialled only from addresses at which QUIC is listened on.
   */
  public EndpointBuilder listen(Transport transport, InetSocketAddress address) {
    listen.add(new Place(transport, address));
    return this;
  }

  /**
   * Adds a STUN server (RFC 8489) to ask, over UDP, how the world sees this endpoint. Peers are
   * asked anyway; where they and servers agree, two at least, is an address of the endpoint.
   *
   * @param server by address, or by a name that is looked up now and then
   */
  public EndpointBuilder stunServer(InetSocketAddress server) {
    if (server.getPort() == 0) {
      throw new IllegalArgumentException("'" + server + "' has no port");
    }
    stunServers.add(server);
    return this;
  }

  /**
   * Restricts the endpoint to these transports; all unless said. Where QUIC's native library does
   * not load, an endpoint for all speaks TCP alone and says so once.
   */
  public EndpointBuilder transports(Set<Transport> allowed) {
    if (allowed.isEmpty()) {
      throw new IllegalArgumentException("an endpoint needs a transport");
    }
    this.transports = EnumSet.copyOf(allowed);
    return this;
  }

  /** Which TLS engine to use; {@link TlsEngine#ANY} unless said. */
  public EndpointBuilder tlsEngine(TlsEngine engine) {
    this.tlsEngine = engine;
    return this;
  }

  /**
   * Where callbacks run; threads of the endpoint's own unless said. The endpoint never shuts it
   * down.
   */
  public EndpointBuilder executor(Executor executor) {
    this.executor = Optional.of(executor);
    return this;
  }

  /**
   * The largest message to send or receive, in bytes; 2 MiB unless said. Twice as much is the
   * memory that a peer may fill with messages that its user has not taken yet.
   *
   * @param bytes 1 to 64 MiB
   */
  public EndpointBuilder maxMessageSize(int bytes) {
    if (bytes < 1 || bytes > 64 << 20) {
      throw new IllegalArgumentException("a message size is 1 byte to 64 MiB, not " + bytes);
    }
    this.maxMessageSize = bytes;
    return this;
  }

  /** How long a dial may take in all; 10 seconds unless said. */
  public EndpointBuilder dialTimeout(Duration timeout) {
    this.dialTimeout = positive(timeout);
    return this;
  }

  /**
   * How long a connection may be idle before the peer is asked for a sign of life; 20 seconds
   * unless said.
   */
  public EndpointBuilder heartbeat(Duration interval) {
    this.heartbeat = positive(interval);
    return this;
  }

  /**
   * How long a connection lasts without any path before it counts as lost; two minutes unless said.
   */
  public EndpointBuilder pathPatience(Duration patience) {
    this.pathPatience = positive(patience);
    return this;
  }

  /**
   * How to find peers, instead of every {@link Discovery} that the service loader knows. Empty: not
   * at all.
   */
  public EndpointBuilder discoveries(List<Discovery> discoveries) {
    this.discoveries = Optional.of(List.copyOf(discoveries));
    return this;
  }

  /**
   * Adds a way to come to a direct path, to those that the service loader knows; one of the same
   * name takes the place of theirs. Of no use without {@link Punching#ON}.
   *
   * @param method whose name peers are told; {@link #open} throws {@link IllegalStateException} if
   *     that is not what a name may be, or if there are more than 12 methods in all
   */
  public EndpointBuilder traversal(TraversalMethod method) {
    methods.add(method);
    return this;
  }

  /**
   * What the endpoint has to do with relays; {@link Relaying#WHEN_PUBLIC} unless said. What it
   * carries for others is encrypted from end to end, and bounded: 32 circuits at once, each of them
   * 1 MiB a second in the long run, 1 GiB in all, and two hours.
   */
  public EndpointBuilder relaying(Relaying relaying) {
    this.relaying = relaying;
    return this;
  }

  /**
   * Whether connections that go by a relay are moved to a direct path through NATs by hole punching
   * (RFC 5128), by UDP and by TCP; {@link Punching#ON} unless said. To an address that only the
   * peer has told of go at most 5 packets (of 36 bytes, and SYNs) until it answers, to one at which
   * a relay sees the peer at most 60.
   */
  public EndpointBuilder punching(Punching punching) {
    this.punching = punching;
    return this;
  }

  /** Other limits, for tests. */
  EndpointBuilder relayLimits(RelayLimits limits) {
    this.relayLimits = limits;
    return this;
  }

  /**
   * Opens the endpoint: it listens when this returns.
   *
   * @throws IOException if it cannot listen, or its identity's key file is in use by another
   *     endpoint; the message says what and where
   */
  public Endpoint open() throws IOException {
    List<Discovery> finders =
        discoveries.orElseGet(
            () ->
                ServiceLoader.load(Discovery.class, EndpointBuilder.class.getClassLoader()).stream()
                    .map(ServiceLoader.Provider::get)
                    .toList());
    List<TraversalMethod> ways = new ArrayList<>(methods);
    ServiceLoader.load(TraversalMethod.class, EndpointBuilder.class.getClassLoader())
        .forEach(ways::add);
    return LocalEndpoint.open(
        new LocalEndpoint.Settings(
            identity.orElseGet(Identity::ephemeral),
            network,
            List.copyOf(listen),
            List.copyOf(stunServers),
            Set.copyOf(transports),
            tlsEngine,
            executor,
            maxMessageSize,
            dialTimeout,
            heartbeat,
            pathPatience,
            finders,
            ways,
            relaying,
            relayLimits,
            punching));
  }

  private static Duration positive(Duration duration) {
    if (duration.isZero() || duration.isNegative()) {
      throw new IllegalArgumentException("'" + duration + "' is not a positive time");
    }
    return duration;
  }
}
