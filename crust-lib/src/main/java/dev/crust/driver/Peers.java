package dev.crust.driver;

import dev.crust.Attempt;
import dev.crust.ConnectFailedException;
import dev.crust.Connection;
import dev.crust.CrustAddress;
import dev.crust.Event;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.proto.admission.Greeting;
import dev.crust.proto.admission.PeerTable;
import dev.crust.proto.admission.Token;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The endpoint's connections and dials: runs the {@link PeerTable}. On the control loop; other
 * threads may read {@link #connections} and ask for a {@link #greeting}.
 */
final class Peers {
  private final EndpointContext context;
  private final EventLoop control;
  private final PeerTable<PeerPath> table;
  private final Map<PeerId, LocalConnection> connections = new ConcurrentHashMap<>();
  private final Map<PeerId, Token> held = new ConcurrentHashMap<>();
  private final Map<PeerId, Dial> dials = new HashMap<>();
  private @Nullable Future<?> timer;
  private boolean closed;

  Peers(EndpointContext context) {
    this.context = context;
    this.control = context.control();
    this.table = new PeerTable<>(context.self(), new SecureRandom());
  }

  /** The connections that are up, by peer. */
  Map<PeerId, LocalConnection> connections() {
    return connections;
  }

  /** With what to greet a peer. */
  Greeting greeting(PeerId peer) {
    return new Greeting(
        context.incarnation(), Optional.ofNullable(held.get(peer)), context.limits());
  }

  /** Whether some path carries a connection with this peer, announced or not. */
  boolean isOpen(PeerId peer) {
    return table.isOpen(peer);
  }

  /** Whether this path carries a connection that is up. */
  boolean isUp(PeerPath path) {
    PeerId peer = path.peer();
    LocalConnection connection = peer == null ? null : connections.get(peer);
    return connection != null && connection.loop().peerPath() == path;
  }

  void connect(CrustAddress address, UserFuture<Connection> future) {
    LocalConnection existing = connections.get(address.peer());
    Dial dial = dials.get(address.peer());
    if (existing != null) {
      future.complete(existing);
    } else if (dial != null) {
      dial.await(future);
    } else if (closed || address.peer().equals(context.self())) {
      Reason reason = closed ? Reason.ENDPOINT_CLOSED : Reason.SELF;
      dialFailed(address.peer(), reason, List.of());
      future.completeExceptionally(new ConnectFailedException(address.peer(), reason, List.of()));
    } else {
      Dial begun = new Dial(address, context, this);
      begun.await(future);
      dials.put(address.peer(), begun);
      begun.begin();
    }
  }

  void dialEnded(PeerId peer, Dial dial) {
    dials.remove(peer, dial);
  }

  void dialFailed(PeerId peer, Reason reason, List<Attempt> attempts) {
    context.feed().publish(new Event.ConnectFailed(peer, reason, attempts));
  }

  void onHello(PeerPath path, Greeting greeting) {
    run(table.onHello(path, peerOf(path), greeting, context.now()));
  }

  /** A path has opened. Returns whether it may carry the connection. */
  boolean onOpened(PeerPath path, @Nullable Token admittedByPeer) {
    if (admittedByPeer != null) {
      run(table.onAdmit(path, peerOf(path), admittedByPeer));
    }
    Optional<Token> token = table.carriedBy(path, peerOf(path));
    token.ifPresent(name -> held.put(peerOf(path), name));
    return token.isPresent();
  }

  void onAlive(PeerPath path) {
    run(table.onAlive(path, peerOf(path)));
  }

  /** A connection is up: announces it, and its messages may flow when all have heard. */
  void up(LocalConnection connection, Duration elapsed, List<Attempt> attempts) {
    connections.put(connection.peer(), connection);
    context
        .feed()
        .publish(new Event.Connected(connection, elapsed, attempts), connection::announced);
  }

  /** A connection came up that the peer has dialled. */
  void upFromOutside(LocalConnection connection, Duration elapsed) {
    up(connection, elapsed, List.of());
    Dial dial = dials.remove(connection.peer());
    if (dial != null) {
      dial.onConnectedOtherwise(connection);
    }
  }

  /** A path is of no use any more. */
  void onEnded(PeerPath path, Reason reason, String detail) {
    PeerId peer = path.peer();
    if (peer == null) {
      return;
    }
    down(path, peer, reason, detail);
    table.carriedBy(path, peer).ifPresent(name -> held.remove(peer, name));
    run(
        reason == Reason.CLOSED
            ? table.onDropped(path, peer, context.now())
            : table.onClosed(path, peer, context.now()));
    Dial dial = dials.get(peer);
    if (dial != null && !table.isOpen(peer)) {
      dial.onOtherEnded();
    }
  }

  private void down(PeerPath path, PeerId peer, Reason reason, String detail) {
    LocalConnection connection = connections.get(peer);
    if (connection != null && isUp(path)) {
      connections.remove(peer);
      held.remove(peer);
      context.feed().publish(new Event.Lost(connection, reason, detail));
    }
  }

  void close() {
    closed = true;
    List.copyOf(dials.values()).forEach(Dial::cancel);
    dials.clear();
    connections.values().forEach(connection -> connection.close(Reason.ENDPOINT_CLOSED));
    for (PeerPath path : context.paths()) {
      if (!isUp(path)) {
        onLoop(path, () -> path.leave(Reason.ENDPOINT_CLOSED, ""));
      }
    }
  }

  private static PeerId peerOf(PeerPath path) {
    PeerId peer = path.peer();
    if (peer == null) {
      throw new IllegalStateException("a path without a peer came to be decided on");
    }
    return peer;
  }

  private void run(List<PeerTable.Effect<PeerPath>> effects) {
    for (PeerTable.Effect<PeerPath> effect : effects) {
      if (effect instanceof PeerTable.Effect.Admit<PeerPath> admit) {
        onLoop(admit.path(), () -> admit.path().admit(admit.connection()));
      } else if (effect instanceof PeerTable.Effect.Refuse<PeerPath> refuse) {
        onLoop(refuse.path(), () -> refuse.path().leave(refuse.reason(), ""));
      } else if (effect instanceof PeerTable.Effect.End<PeerPath> end) {
        down(end.path(), peerOf(end.path()), end.reason(), "");
        onLoop(end.path(), () -> end.path().abort(end.reason(), ""));
      } else if (effect instanceof PeerTable.Effect.Probe<PeerPath> probe) {
        onLoop(probe.path(), () -> probe.path().probe());
      }
    }
    schedule();
  }

  private static void onLoop(PeerPath path, Runnable task) {
    path.pipe().loop().execute(task);
  }

  private void schedule() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
    Instant deadline = table.deadline();
    if (deadline != null) {
      timer = context.at(deadline, control, () -> run(table.onTimeout(context.now())));
    }
  }
}
