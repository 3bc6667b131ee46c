package dev.crust;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Our node: one identity, its listeners, its connections. Several in one process are independent.
 *
 * <p>Thread-safe. Callbacks and the dependents of the stages returned here run on the endpoint's
 * executor, never on an I/O thread, so they may block.
 */
public interface Endpoint extends AutoCloseable {
  /** Where to say how an endpoint should be. */
  static EndpointBuilder builder() {
    return new EndpointBuilder();
  }

  /**
   * Opens an endpoint with a new identity and all defaults.
   *
   * @throws IOException if it cannot listen
   */
  static Endpoint open() throws IOException {
    return builder().open();
  }

  /** Who this endpoint is. */
  PeerId id();

  /** Who and where this endpoint is now, fit to be passed on to those who shall dial it. */
  CrustAddress address();

  /**
   * Connects to a peer: all candidates, staggered, and a little later the connected peers that
   * relay, first those that the address names, within the endpoint's dial timeout. So an address
   * without candidates, a bare peer id, is found if a peer of ours is connected to it. If a
   * connection to the peer is up, the stage completes with that one; if a dial is under way, with
   * what that one brings.
   *
   * @return fails with {@link ConnectFailedException}
   */
  CompletionStage<Connection> connect(CrustAddress address);

  /** The connection to this peer, if one is up. */
  Optional<Connection> connection(PeerId peer);

  /** All connections that are up, in no particular order. */
  List<Connection> connections();

  /**
   * The feed of events, in order. A subscriber sees what happens after it subscribed, and first
   * {@link Event.Listening}. One that lags by more than {@value #EVENT_BACKLOG} events misses some
   * and is told how many.
   */
  Flow.Publisher<Event> events();

  /**
   * Subscribes a listener to {@link #events} for as long as the endpoint is open. It is called once
   * at a time. An exception that it throws ends neither the feed nor the endpoint.
   */
  void onEvent(Consumer<? super Event> listener);

  /**
   * Says who receives the messages of all connections that have no receiver of their own. Messages
   * of one connection come one at a time and in order, those of different connections may come at
   * once.
   */
  void onMessage(BiConsumer<? super Connection, ? super Message> receiver);

  /**
   * Says who receives the streams that peers open, on all connections that have no receiver of
   * their own. Streams of one connection come one at a time and in order.
   */
  void onStream(Consumer<? super PeerStream> receiver);

  /**
   * Turns discovery off, or on again; it is on when the endpoint opens. The beacon is silent and
   * deaf while it is off.
   */
  void discovery(Discovering state);

  /** How many were turned away since the endpoint opened, by reason. */
  Map<Reason, Long> refusals();

  /**
   * Closes every connection and frees every socket and thread, waiting at most a few seconds for
   * peers to take what was sent. Idempotent.
   */
  @Override
  void close();

  /** As many events as wait for a slow subscriber. */
  int EVENT_BACKLOG = 4096;

  /** Whether an endpoint looks for peers and lets itself be found. */
  enum Discovering {
    /** Looks and is found. */
    ON,
    /** Neither. */
    OFF
  }
}
