package dev.crust.driver;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.ConnectFailedException;
import dev.crust.Connection;
import dev.crust.CrustAddress;
import dev.crust.Event;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.driver.PeerPath.Joining;
import dev.crust.proto.admission.Greeting;
import dev.crust.proto.admission.PeerTable;
import dev.crust.proto.admission.Token;
import dev.crust.proto.dial.BlackHoles;
import dev.crust.proto.dial.DialRace;
import dev.crust.proto.reachability.DialBackStream;
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
  private static final Duration RELAYED_CLOSE_PATIENCE = Duration.ofSeconds(1);
  private static final Duration CLOSE_STEP = Duration.ofMillis(5);

  private final EndpointContext context;
  private final Listeners listeners;
  private final EventLoop control;
  private final PeerTable<PeerPath> table;

  /** Those that the user knows of. */
  private final Map<PeerId, LocalConnection> connections = new ConcurrentHashMap<>();

  /** Those that the table knows of. */
  private final Map<PeerId, LocalConnection> held = new ConcurrentHashMap<>();

  private final Map<PeerId, Dial> dials = new HashMap<>();

  /** Dials that have won a connection and go on for a better path to it. */
  private final Map<PeerId, Dial> improving = new HashMap<>();

  private final PeerPath.Fate settled;
  private final Relays relays;
  private final Traversals traversals;
  private final ReachabilityView reachability;
  private final DialBackDesk dialBacks;
  private final BlackHoles blackHoles = new BlackHoles();
  private @Nullable Future<?> timer;
  private boolean closed;

  Peers(EndpointContext context, Listeners listeners) {
    this.context = context;
    this.listeners = listeners;
    this.control = context.control();
    this.table = new PeerTable<>(context.self(), new SecureRandom());
    this.settled = new SettledFate(context, this);
    this.relays = new Relays(context, listeners, this);
    this.traversals = new Traversals(context, listeners, this);
    this.reachability = new ReachabilityView(context, listeners, this);
    this.dialBacks = new DialBackDesk(context, listeners::addresses);
  }

  /** What becomes of a path that has come to its connection. */
  PeerPath.Fate settled() {
    return settled;
  }

  /** What this endpoint has to do with relays. May be asked for by any thread. */
  Relays relays() {
    return relays;
  }

  /** Who looks for direct paths. May be asked for by any thread. */
  Traversals traversals() {
    return traversals;
  }

  /** Who finds out whether others reach us. */
  ReachabilityView reachability() {
    return reachability;
  }

  /** Who dials peers back. May be asked for by any thread. */
  DialBackDesk dialBacks() {
    return dialBacks;
  }

  /** The connection of this name, announced or not, if it is held. */
  Optional<LocalConnection> held(PeerId peer, Token name) {
    return Optional.ofNullable(held.get(peer)).filter(it -> it.name().equals(name));
  }

  /** Who takes what comes on a stream that a peer has opened for a service. On any loop. */
  ServiceStream.User visitor(long service, ServiceStream stream) {
    if (service == DialBackStream.SERVICE) {
      return dialBacks.visitor(stream);
    }
    return service == SignalStream.SERVICE && context.punches()
        ? traversals.signals().visitor(stream)
        : relays.visitor(service, stream);
  }

  /** Whether a dial to this peer is under way, to some address of its. */
  boolean isDialled(PeerId peer) {
    Dial dial = dials.get(peer);
    return dial != null && dial.isDirect();
  }

  /** The same of any peer. */
  boolean isAnybodyDialled() {
    return dials.values().stream().anyMatch(Dial::isDirect);
  }

  /** The connections that are up, by peer. */
  Map<PeerId, LocalConnection> connections() {
    return connections;
  }

  /**
   * With what to greet a peer on this path.
   *
   * @param resumes the connection that the path is to carry on, if it was dialled for one
   */
  Greeting greeting(PeerId peer, PeerPath path, Optional<Token> resumes) {
    return new Greeting(
        context.incarnation(),
        resumes.or(() -> Optional.ofNullable(held.get(peer)).map(LocalConnection::name)),
        resumes.isPresent(),
        context.limits(),
        listeners.address(path.pipe().remote().getAddress()).candidates(),
        Optional.of(path.pipe().remote()).filter(at -> path.pipe().bringer().isEmpty()),
        relays.offered(),
        context.punches(),
        true);
  }

  /** Those of a dial's candidates that do not lead into a black hole. */
  List<Candidate> worthTrying(List<Candidate> candidates) {
    return blackHoles.worthTrying(candidates, context.now());
  }

  /** What a race has taught about black holes. */
  void learn(DialRace.Effect.Won won) {
    blackHoles.onWorked(won.candidate());
    for (Attempt attempt : won.attempts()) {
      if (attempt.reason().equals(Optional.of(Reason.TIMEOUT))) {
        blackHoles.onMissed(attempt.candidate(), won.candidate(), context.now());
      }
    }
  }

  /** Whether there is a connection with this peer, announced or not. */
  boolean isOpen(PeerId peer) {
    return table.open(peer).isPresent();
  }

  /** Whether this is the connection with the peer. */
  boolean isOpen(PeerId peer, Token connection) {
    return table.open(peer).equals(Optional.of(connection));
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
    relays.onDialEnded();
  }

  /** A dial has won a connection, and may go on for a better path. */
  void dialWon(PeerId peer, Dial dial) {
    dials.remove(peer, dial);
    improving.put(peer, dial);
  }

  /** A dial tries nothing any more. */
  void raceOver(PeerId peer, Dial dial) {
    improving.remove(peer, dial);
  }

  private void stopImproving(PeerId peer) {
    Dial dial = improving.remove(peer);
    if (dial != null) {
      dial.onWonEnded();
    }
  }

  void dialFailed(PeerId peer, Reason reason, List<Attempt> attempts) {
    context.feed().publish(new Event.ConnectFailed(peer, reason, attempts));
  }

  /**
   * A path has greeted us.
   *
   * @param resumes the connection that it is to carry on, if we dialled it for one
   */
  void onHello(PeerPath path, Greeting greeting, Optional<Token> resumes) {
    if (closed) {
      turnAway(path);
      return;
    }
    path.sighting().ifPresent(listeners::onSighting);
    // Before the path joins a connection, which forgets where the peer has dialled it.
    reachability.onHello(path);
    run(table.onHello(path, peerOf(path), greeting, resumes, context.now()));
  }

  /** Whoever was told of our end may be back before the ports are closed. */
  private void turnAway(PeerPath path) {
    onLoop(path, () -> path.leave(Reason.ENDPOINT_CLOSED, ""));
  }

  /** The peer has admitted a path. */
  void onAdmit(PeerPath path, Token connection) {
    if (closed) {
      turnAway(path);
      return;
    }
    run(table.onAdmit(path, peerOf(path), connection));
  }

  /** A connection has given a sign of life. */
  void onAlive(LocalConnection connection) {
    connection.announceIfDue();
    run(table.onAlive(connection.peer(), connection.name()));
  }

  /**
   * A connection is up: announces it, and its messages may flow when all have heard. Returns false
   * if it is over already.
   */
  boolean up(LocalConnection connection, Duration elapsed, List<Attempt> attempts) {
    if (held.get(connection.peer()) != connection) {
      return false;
    }
    if (connections.put(connection.peer(), connection) == connection) {
      return true;
    }
    connection.monitor().announce(elapsed, attempts);
    relays.onUp(connection);
    reachability.onPath(connection);
    return true;
  }

  /** A connection goes by another path now. */
  void onPath(LocalConnection connection) {
    if (connections.get(connection.peer()) == connection) {
      reachability.onPath(connection);
    }
  }

  /** A connection came up that the peer has dialled. */
  void upFromOutside(LocalConnection connection, Duration elapsed) {
    if (!up(connection, elapsed, List.of())) {
      return;
    }
    Dial dial = dials.remove(connection.peer());
    if (dial != null) {
      dial.onConnectedOtherwise(connection);
      relays.onDialEnded();
    }
  }

  /** A path is gone. On the control loop. */
  void onPathEnded(PeerPath path) {
    PeerId peer = path.peer();
    if (peer != null) {
      table.onClosed(path, peer);
    }
  }

  /** A connection is over. */
  void onOver(LocalConnection connection, Reason reason, String detail) {
    PeerId peer = connection.peer();
    if (held.remove(peer, connection)) {
      relays.onGone(peer);
      traversals.onGone(peer);
      reachability.onGone(peer);
      stopImproving(peer);
    }
    if (connections.remove(peer, connection)) {
      context.feed().publish(new Event.Lost(connection, reason, detail));
    }
    run(table.onOver(peer, connection.name(), reason == Reason.CLOSED, context.now()));
    Dial dial = dials.get(peer);
    if (dial != null && !isOpen(peer)) {
      dial.onOtherEnded();
    }
  }

  void close() {
    closed = true;
    relays.close();
    traversals.close();
    reachability.close();
    dialBacks.close();
    List.copyOf(dials.values()).forEach(Dial::cancel);
    dials.clear();
    closeRelayed(context.now().plus(RELAYED_CLOSE_PATIENCE));
  }

  /** The farewell to those behind a relay goes by the connection to that, which is closed last. */
  private void closeRelayed(Instant until) {
    List<PeerPath> relayed =
        context.paths().stream().filter(path -> path.pipe().relay().isPresent()).toList();
    if (!relayed.isEmpty() && context.now().isBefore(until)) {
      relayed.forEach(this::close);
      context.at(context.now().plus(CLOSE_STEP), control, () -> closeRelayed(until));
    } else {
      held.values().forEach(connection -> connection.close(Reason.ENDPOINT_CLOSED));
      context.paths().forEach(this::close);
    }
  }

  private void close(PeerPath path) {
    if (!path.wasOpen()) {
      turnAway(path);
      return;
    }
    LocalConnection connection = held.get(peerOf(path));
    if (connection != null) {
      connection.close(Reason.ENDPOINT_CLOSED);
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
        LocalConnection begun = begin(admit.path(), admit.connection());
        join(admit.path(), begun, Joining.FIRST);
      } else if (effect instanceof PeerTable.Effect.Join<PeerPath> join) {
        join(join.path(), known(join.path()), Joining.FURTHER);
      } else if (effect instanceof PeerTable.Effect.Follow<PeerPath> follow) {
        LocalConnection begun = begin(follow.path(), follow.connection());
        join(follow.path(), begun, Joining.FIRST_BY_PEER);
      } else if (effect instanceof PeerTable.Effect.FollowJoin<PeerPath> join) {
        join(join.path(), known(join.path()), Joining.FIRST_BY_PEER);
      } else if (effect instanceof PeerTable.Effect.Refuse<PeerPath> refuse) {
        onLoop(refuse.path(), () -> refuse.path().leave(refuse.reason(), ""));
      } else if (effect instanceof PeerTable.Effect.End<PeerPath> end) {
        end(end.peer(), end.reason());
      } else if (effect instanceof PeerTable.Effect.Probe<PeerPath> probe) {
        LocalConnection probed = held.get(probe.peer());
        if (probed != null) {
          probed.monitor().probe();
        }
      }
    }
    schedule();
  }

  private LocalConnection begin(PeerPath path, Token name) {
    PeerId peer = peerOf(path);
    LocalConnection begun = new LocalConnection(peer, name, path.greeting(), context, this);
    held.put(peer, begun);
    traversals.onPeer(path);
    return begun;
  }

  private LocalConnection known(PeerPath path) {
    LocalConnection known = held.get(peerOf(path));
    if (known == null) {
      throw new IllegalStateException("a path joined a connection that nobody holds");
    }
    known.monitor().know(path.greeting().candidates());
    return known;
  }

  private void end(PeerId peer, Reason reason) {
    LocalConnection over = held.remove(peer);
    if (over != null) {
      relays.onGone(peer);
      traversals.onGone(peer);
      reachability.onGone(peer);
      stopImproving(peer);
      if (connections.remove(peer, over)) {
        context.feed().publish(new Event.Lost(over, reason, ""));
      }
      over.monitor().end(new LocalConnection.End(reason, ""));
    }
  }

  /** Gives the path to the connection, on the path's loop, and comes back with that. */
  private void join(PeerPath path, LocalConnection connection, Joining how) {
    connection.monitor().expect();
    onLoop(
        path,
        () -> {
          boolean joined = path.join(connection.name(), connection.monitor());
          if (joined) {
            context.onControl(() -> tell(path, connection, how));
          } else {
            connection.monitor().disappoint(path.superseded());
          }
        });
  }

  /** Of a connection that the peer admitted, that path is the first which comes to it alive. */
  private static void tell(PeerPath path, LocalConnection connection, Joining how) {
    boolean further = how == Joining.FIRST_BY_PEER && connection.isUp();
    path.tellConnection(connection, further ? Joining.FURTHER : how);
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
