package dev.crust;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;

/** Endpoints on loopback whose events are recorded, closed with the fixture. */
final class LoopbackEndpoints implements AutoCloseable {
  static final int PATIENCE_SECONDS = 10;

  private final Over over;
  private final List<Endpoint> open = new ArrayList<>();
  private final List<Proxies> between = new ArrayList<>();

  /** Endpoints that speak TCP. */
  LoopbackEndpoints() {
    this(Over.TCP);
  }

  LoopbackEndpoints(Over over) {
    this.over = over;
  }

  /** An endpoint and its events. */
  record Watched(Endpoint endpoint, BlockingQueue<Event> events) {
    PeerId id() {
      return endpoint.id();
    }

    CrustAddress address() {
      return endpoint.address();
    }

    /** Where it listens by this transport, if it does. */
    Optional<InetSocketAddress> listening(Transport transport) {
      return address().candidates().stream()
          .filter(candidate -> candidate.transport() == transport)
          .map(Candidate::address)
          .findFirst();
    }

    Connection connect(CrustAddress address) throws Exception {
      return LoopbackEndpoints.await(endpoint.connect(address));
    }

    /** The next event of this kind; others are skipped. */
    <T extends Event> T next(Class<T> kind) throws InterruptedException {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      List<Event> skipped = new ArrayList<>();
      for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
        Event event = events.poll(left, TimeUnit.NANOSECONDS);
        if (kind.isInstance(event)) {
          return kind.cast(event);
        }
        if (event != null) {
          skipped.add(event);
        }
      }
      throw new AssertionError("no " + kind.getSimpleName() + " came, but " + skipped);
    }

    /** The next change of path of this connection; where there is a choice, others move, too. */
    Event.PathChanged nextChange(Connection connection) throws InterruptedException {
      Event.PathChanged changed = next(Event.PathChanged.class);
      while (!changed.connection().equals(connection)) {
        changed = next(Event.PathChanged.class);
      }
      return changed;
    }

    /** Why a dial fails. */
    ConnectFailedException failure(CrustAddress address) throws Exception {
      try {
        connect(address);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof ConnectFailedException failure) {
          return failure;
        }
        throw e;
      }
      throw new AssertionError("the dial should have failed");
    }
  }

  Watched open() throws IOException {
    return open(builder -> builder);
  }

  Watched open(UnaryOperator<EndpointBuilder> settings) throws IOException {
    return open(settings.apply(over.builder()));
  }

  Watched open(EndpointBuilder builder) throws IOException {
    Endpoint endpoint = builder.open();
    open.add(endpoint);
    LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
    endpoint.onEvent(events::add);
    return new Watched(endpoint, events);
  }

  static <T> T await(CompletionStage<T> stage)
      throws ExecutionException, InterruptedException, TimeoutException {
    return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** Whoever comes anew is served as ever. */
  void stillServes(Watched endpoint) throws Exception {
    Watched friend = open();
    await(friend.connect(endpoint.address()).send(Message.of("hello")));
    friend.endpoint().close();
  }

  /** The address of a peer behind another port of this host. */
  static CrustAddress at(PeerId peer, int port) {
    return CrustAddress.of(
        peer,
        List.of(Candidate.tcp(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))));
  }

  static int port(Watched watched) {
    return watched.address().candidates().get(0).address().getPort();
  }

  /** Proxies that are closed after the endpoints, which say farewell through them. */
  Proxies through(Proxies proxies) {
    between.add(proxies);
    return proxies;
  }

  @Override
  public void close() {
    closeAll(List.of(this));
  }

  /** Closes them at once: an endpoint waits for a peer that does not hear it. */
  static void closeAll(List<LoopbackEndpoints> all) {
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      CompletableFuture.allOf(
              all.stream()
                  .flatMap(each -> each.open.stream())
                  .map(endpoint -> CompletableFuture.runAsync(endpoint::close, threads))
                  .toArray(CompletableFuture[]::new))
          .join();
    } finally {
      threads.shutdown();
      all.forEach(each -> each.between.forEach(Proxies::close));
    }
  }
}
