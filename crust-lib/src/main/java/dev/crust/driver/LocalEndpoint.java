package dev.crust.driver;

import dev.crust.ConnectFailedException;
import dev.crust.Connection;
import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.EndpointBuilder.Place;
import dev.crust.EndpointBuilder.Punching;
import dev.crust.EndpointBuilder.Relaying;
import dev.crust.EndpointBuilder.TlsEngine;
import dev.crust.Event;
import dev.crust.Identity;
import dev.crust.Message;
import dev.crust.PeerId;
import dev.crust.PeerStream;
import dev.crust.Reason;
import dev.crust.Transport;
import dev.crust.io.KeyFile;
import dev.crust.proto.relay.RelayLimits;
import dev.crust.spi.Discovery;
import dev.crust.spi.TraversalMethod;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * An endpoint of this process: wires its parts together, and takes what the user calls, on the
 * user's threads, over to the control loop.
 */
public final class LocalEndpoint implements Endpoint {
  /** Peers get a second to take what was sent and another to hang up. */
  private static final Duration CLOSE_PATIENCE = Duration.ofMillis(2500);

  private static final Duration CLOSE_STEP = Duration.ofMillis(5);

  /** What the builder was told. */
  public record Settings(
      Identity identity,
      String network,
      List<Place> listen,
      List<InetSocketAddress> stunServers,
      Set<Transport> transports,
      TlsEngine tlsEngine,
      Optional<Executor> executor,
      int maxMessageSize,
      Duration dialTimeout,
      Duration heartbeat,
      Duration pathPatience,
      List<Discovery> discoveries,
      List<TraversalMethod> methods,
      Relaying relaying,
      RelayLimits relayLimits,
      Punching punching) {}

  private final EndpointContext context;
  private final Peers peers;
  private final Door door;
  private final Searches searches;
  private final Listeners listeners;
  private final Closeable identityLock;
  private final AtomicBoolean closed = new AtomicBoolean();

  private LocalEndpoint(Settings settings, Closeable identityLock) throws IOException {
    this.identityLock = identityLock;
    this.context = new EndpointContext(settings);
    this.listeners = new Listeners(context, this::candidatesChanged);
    this.peers = new Peers(context, listeners);
    this.door = new Door(context, peers);
    this.searches = new Searches(context, settings.discoveries, listeners::candidates);
  }

  /** Opens an endpoint; it listens when this returns. */
  public static Endpoint open(Settings settings) throws IOException {
    Optional<Path> file = settings.identity.file();
    Closeable lock = file.isPresent() ? KeyFile.lock(file.get()) : () -> {};
    LocalEndpoint endpoint;
    try {
      endpoint = new LocalEndpoint(settings, lock);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
    try {
      endpoint.begin(settings.listen);
      return endpoint;
    } catch (IOException | RuntimeException e) {
      endpoint.close();
      throw e;
    }
  }

  private void begin(List<Place> places) throws IOException {
    listeners.open(places, door::enter);
    peers.relays().open(door::enter);
    door.begin();
    searches.start();
  }

  @Override
  public void onStream(Consumer<? super PeerStream> receiver) {
    context.streamReceiver(receiver);
    peers.connections().values().forEach(LocalConnection::useEndpointsReceiver);
  }

  private void candidatesChanged() {
    searches.candidatesChanged();
    peers.reachability().look();
  }

  /** Its connections and dials. */
  Peers peers() {
    return peers;
  }

  @Override
  public PeerId id() {
    return context.self();
  }

  @Override
  public CrustAddress address() {
    return listeners.address();
  }

  @Override
  public CompletionStage<Connection> connect(CrustAddress address) {
    UserFuture<Connection> future = context.future();
    try {
      context.control().execute(() -> peers.connect(address, future));
    } catch (RejectedExecutionException e) {
      future.completeExceptionally(
          new ConnectFailedException(address.peer(), Reason.ENDPOINT_CLOSED, List.of()));
    }
    return future;
  }

  @Override
  public Optional<Connection> connection(PeerId peer) {
    return Optional.ofNullable(peers.connections().get(peer));
  }

  @Override
  public List<Connection> connections() {
    return List.copyOf(peers.connections().values());
  }

  @Override
  public Flow.Publisher<Event> events() {
    return context.feed();
  }

  @Override
  public void onEvent(Consumer<? super Event> listener) {
    context.feed().listen(listener);
  }

  @Override
  public void onMessage(BiConsumer<? super Connection, ? super Message> receiver) {
    context.receiver(receiver);
    peers.connections().values().forEach(LocalConnection::useEndpointsReceiver);
  }

  @Override
  public void discovery(Discovering state) {
    switch (state) {
      case ON -> searches.start();
      case OFF -> searches.stop();
    }
  }

  @Override
  public Map<Reason, Long> refusals() {
    return door.refusals();
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    searches.stop();
    listeners.close();
    awaitPaths();
    listeners.closeQuic();
    context.close();
    try {
      identityLock.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitPaths() {
    CountDownLatch gone = new CountDownLatch(1);
    context.control().execute(peers::close);
    context.control().execute(() -> awaitPaths(gone, context.now().plus(CLOSE_PATIENCE)));
    boolean interrupted = false;
    while (gone.getCount() > 0) {
      try {
        gone.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitPaths(CountDownLatch gone, Instant until) {
    if (context.paths().isEmpty() || context.now().isAfter(until)) {
      gone.countDown();
    } else {

      context.at(context.now().plus(CLOSE_STEP), context.control(), () -> awaitPaths(gone, until));
    }
  }
}
