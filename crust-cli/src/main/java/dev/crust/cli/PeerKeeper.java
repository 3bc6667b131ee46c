package dev.crust.cli;

import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.Event;
import dev.crust.PeerId;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs {@link KeptPeers} for an endpoint. Thread-safe; the machine lives on one thread of its own,
 * {@code kept-peers}.
 */
final class PeerKeeper implements AutoCloseable {
  private final Endpoint endpoint;
  private final KeptPeers peers;
  private final Clock clock;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread made = new Thread(task, "kept-peers");
            made.setDaemon(true);
            return made;
          });
  private @Nullable Future<?> alarm;

  PeerKeeper(Endpoint endpoint, KeptPeers peers, Clock clock) {
    this.endpoint = endpoint;
    this.peers = peers;
    this.clock = clock;
  }

  /** These are to be joined through. */
  void configured(List<CrustAddress> addresses) {
    run(now -> peers.onConfigured(addresses, now));
  }

  /** The user wants this peer. */
  void ask(CrustAddress address) {
    run(now -> peers.onAsked(address, now));
  }

  /** The user does not want this peer; whether it made a difference. */
  CompletableFuture<Boolean> drop(PeerId peer) {
    return CompletableFuture.supplyAsync(() -> peers.onDropped(peer, clock.instant()), thread);
  }

  /** How many peers are to be dialled, now or later. */
  CompletableFuture<Integer> retrying() {
    return CompletableFuture.supplyAsync(peers::retrying, thread);
  }

  /** The endpoint told this. */
  void on(Event event) {
    if (event instanceof Event.Discovered it) {
      run(now -> peers.onDiscovered(it.address(), now));
    } else if (event instanceof Event.Connected it) {
      run(now -> peers.onConnected(it.connection().peer(), now));
    } else if (event instanceof Event.Lost it) {
      run(now -> peers.onLost(it.connection().peer(), it.reason(), now));
    }
  }

  private void run(Function<Instant, List<CrustAddress>> input) {
    try {
      thread.execute(
          () -> {
            input.apply(clock.instant()).forEach(this::dial);
            setAlarm();
          });
    } catch (RejectedExecutionException closing) {
      // What happens while we close is of no consequence.
    }
  }

  private void dial(CrustAddress address) {
    PeerId peer = address.peer();
    var unused =
        endpoint
            .connect(address)
            .whenComplete(
                (connection, failure) ->
                    run(
                        now ->
                            failure == null
                                ? peers.onDialled(peer, now)
                                : peers.onDialFailed(peer, now)));
  }

  private void setAlarm() {
    if (alarm != null) {
      alarm.cancel(false);
      alarm = null;
    }
    peers
        .deadline()
        .ifPresent(
            at -> {
              long wait = Math.max(0, Duration.between(clock.instant(), at).toMillis() + 1);
              alarm = thread.schedule(() -> run(peers::onTimeout), wait, TimeUnit.MILLISECONDS);
            });
  }

  /** Dials nobody any more. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
