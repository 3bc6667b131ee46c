package dev.crust.cli;

import dev.crust.Connection;
import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.Event;
import dev.crust.PeerId;
import dev.crust.Reason;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The endpoint of a command that talks to one peer, and the connection to it. Events are printed as
 * they come.
 *
 * @param endpoint ours
 * @param connection to the peer
 */
record Dialled(Endpoint endpoint, Connection connection) implements AutoCloseable {
  /** How much later than the dial's own timeout we stop waiting for its outcome. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  /** How long a bare id is listened for on the LAN at most. */
  private static final Duration LISTENING = Duration.ofSeconds(3);

  /**
   * Opens an endpoint and connects it.
   *
   * @param target the peer; a bare id is looked for on the LAN and by those to join through, by
   *     whom one that names others to introduce us is reached
   * @param limit for the dial
   * @param listener is told of every event, after it is printed
   */
  static Dialled to(
      CrustAddress target,
      Setup setup,
      Streams streams,
      Output output,
      Duration limit,
      Consumer<Event> listener)
      throws CommandFailure, InterruptedException {
    boolean bare = target.candidates().isEmpty() && target.via().isEmpty();
    boolean needsOthers = bare || !target.via().isEmpty();
    // With an address in hand, nobody on the LAN needs to hear of us.
    Endpoint endpoint = (bare ? setup : setup.withoutBeacon()).open(streams, limit);
    try {
      BlockingQueue<Event> inbox = new LinkedBlockingQueue<>();
      endpoint.onEvent(
          event -> {
            output.print(new Notice.Happened(event));
            inbox.add(event);
            listener.accept(event);
          });
      var unused = output.broken().thenRun(() -> System.exit(CommandFailure.FAILED));
      if (needsOthers) {
        setup.bootstrap().forEach(endpoint::connect);
      }
      CrustAddress found = bare ? onTheLan(inbox, target, limit) : target;
      return new Dialled(endpoint, connect(inbox, endpoint, found, limit));
    } catch (CommandFailure | InterruptedException | RuntimeException e) {
      endpoint.close();
      throw e;
    }
  }

  /** The address under which the peer is heard on the LAN, if it is. */
  private static CrustAddress onTheLan(
      BlockingQueue<Event> inbox, CrustAddress bare, Duration limit) throws InterruptedException {
    long end = System.nanoTime() + Math.min(limit.toNanos(), LISTENING.toNanos());
    for (Event event = next(inbox, end); event != null; event = next(inbox, end)) {
      if (event instanceof Event.Discovered it && it.address().peer().equals(bare.peer())) {
        return it.address();
      }
    }
    return bare;
  }

  private static Connection connect(
      BlockingQueue<Event> inbox, Endpoint endpoint, CrustAddress target, Duration limit)
      throws CommandFailure, InterruptedException {
    PeerId peer = target.peer();
    var already = endpoint.connection(peer);
    if (already.isPresent()) {
      return already.get();
    }
    var unused = endpoint.connect(target);
    long end = System.nanoTime() + limit.plus(GRACE).toNanos();
    for (Event event = next(inbox, end); event != null; event = next(inbox, end)) {
      if (event instanceof Event.Connected it && it.connection().peer().equals(peer)) {
        return it.connection();
      } else if (event instanceof Event.ConnectFailed it && it.peer().equals(peer)) {
        throw noConnection(peer, it.reason());
      }
    }
    throw noConnection(peer, Reason.TIMEOUT);
  }

  private static @Nullable Event next(BlockingQueue<Event> inbox, long end)
      throws InterruptedException {
    return inbox.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
  }

  private static CommandFailure noConnection(PeerId peer, Reason reason) {
    return CommandFailure.failed(
        "no connection to " + peer + ": " + reason.sentence() + "; " + Advice.on(reason));
  }

  @Override
  public void close() {
    endpoint.close();
  }
}
