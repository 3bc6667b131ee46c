package dev.crust.cli;

import dev.crust.Connection;
import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.Event;
import dev.crust.PeerId;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/** An endpoint that keeps its connections and prints what happens. Thread-safe. */
final class Node implements AutoCloseable {
  private final Endpoint endpoint;
  private final Setup setup;
  private final Output output;
  private final Clock clock;
  private final Instant started;
  private final PeerKeeper keeper;
  private final BootstrapProgress bootstrap;
  private final Heard heard = new Heard();
  private final AtomicLong received = new AtomicLong();
  private final CompletableFuture<Integer> ended = new CompletableFuture<>();

  Node(Endpoint endpoint, Setup setup, Output output, Clock clock) {
    this.endpoint = endpoint;
    this.setup = setup;
    this.output = output;
    this.clock = clock;
    this.started = clock.instant();
    this.keeper =
        new PeerKeeper(
            endpoint, new KeptPeers(endpoint.id(), new Backoff(new SplittableRandom())), clock);
    this.bootstrap = new BootstrapProgress(setup.bootstrap(), started);
  }

  /** Begins to print, and to dial. */
  void start() {
    endpoint.onEvent(this::on);
    keeper.configured(setup.bootstrap());
    var unused = output.broken().thenRun(this::outputBroken);
  }

  private void on(Event event) {
    if (heard.isNews(event)) {
      output.print(new Notice.Happened(event));
    }
    if (event instanceof Event.Connected it) {
      // Only now, so that nobody's message is printed before the peer is.
      PeerId peer = it.connection().peer();
      it.connection()
          .onMessage(
              message -> {
                received.incrementAndGet();
                output.print(new Notice.Received(peer, message));
              });
    }
    bootstrap.on(event, clock.instant()).ifPresent(output::print);
    keeper.on(event);
  }

  Optional<Connection> connection(PeerId peer) {
    return endpoint.connection(peer);
  }

  void connect(CrustAddress address) {
    if (endpoint.connection(address.peer()).isPresent()) {
      output.print(new Notice.Remark("connected already"));
    }
    keeper.ask(address);
  }

  /** Closes the connection and gives up dialling; whether there was anything to do. */
  boolean drop(PeerId peer) {
    boolean dialled = keeper.drop(peer).join();
    Optional<Connection> connection = endpoint.connection(peer);
    connection.ifPresent(Connection::close);
    return dialled || connection.isPresent();
  }

  Notice.Peers peers() {
    Instant now = clock.instant();
    List<Notice.Peers.Peer> peers =
        endpoint.connections().stream()
            .map(
                it ->
                    new Notice.Peers.Peer(it.peer(), it.path(), Duration.between(it.since(), now)))
            .toList();
    return new Notice.Peers(peers);
  }

  Notice.Report report() {
    return new Notice.Report(
        endpoint.address(),
        setup.network(),
        Duration.between(started, clock.instant()),
        peers().peers(),
        keeper.retrying().join(),
        received.get(),
        Map.copyOf(endpoint.refusals()));
  }

  /** Ends the node well. */
  void quit() {
    ended.complete(0);
  }

  /** Ends the node, since nobody reads what it prints. */
  void outputBroken() {
    ended.complete(CommandFailure.FAILED);
  }

  /** Waits for the end; the code to exit with. */
  int awaitEnd() {
    return ended.join();
  }

  @Override
  public void close() {
    keeper.close();
  }
}
