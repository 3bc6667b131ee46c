package dev.crust.driver;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.ConnectFailedException;
import dev.crust.Connection;
import dev.crust.CrustAddress;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.io.Outgoing;
import dev.crust.proto.admission.Greeting;
import dev.crust.proto.admission.Token;
import dev.crust.proto.dial.DialRace;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A dial under way: runs a {@link DialRace} and wakes those who wait for its end. On the control
 * loop.
 */
final class Dial {
  private final CrustAddress address;
  private final EndpointContext context;
  private final Peers peers;
  private final EventLoop control;
  private final Instant began;
  private final DialRace race;
  private final Map<Candidate, Outgoing> running = new HashMap<>();
  private final List<UserFuture<Connection>> waiting = new ArrayList<>();
  private final Set<Candidate> retried = new HashSet<>();
  private boolean won;
  private boolean waitsForOther;
  private @Nullable Future<?> timer;

  Dial(CrustAddress address, EndpointContext context, Peers peers) {
    this.address = address;
    this.context = context;
    this.peers = peers;
    this.control = context.control();
    this.began = context.now();
    this.race = new DialRace(peers.worthTrying(address.candidates()), context.dialTimeout(), began);
  }

  /** Somebody waits for the end. */
  void await(UserFuture<Connection> future) {
    waiting.add(future);
  }

  void begin() {
    run(race.onTimeout(context.now()));
  }

  /**
   * The attempt on this path has become a connection, unless it comes too late. Returns whether it
   * has.
   */
  boolean onConnected(Candidate candidate, LocalConnection connection) {
    List<DialRace.Effect> effects = race.onConnected(candidate, context.now());
    run(effects);
    for (DialRace.Effect effect : effects) {
      if (effect instanceof DialRace.Effect.Won won) {
        if (peers.up(connection, elapsed(), won.attempts())) {
          complete(connection);
        } else {
          peers.dialFailed(address.peer(), Reason.PATH_LOST, won.attempts());
          fail(Reason.PATH_LOST, won.attempts());
        }
        return true;
      }
    }
    return false;
  }

  /** Another path carries the connection already, and will be announced, or end, in a moment. */
  private void waitForOther() {
    run(race.onCancelled(context.now()));
    waitsForOther = true;
    Connection other = peers.connections().get(address.peer());
    if (other != null) {
      peers.dialEnded(address.peer(), this);
      complete(other);
    }
  }

  /** No path carries a connection to the peer any more. */
  void onOtherEnded() {
    if (waitsForOther) {
      peers.dialEnded(address.peer(), this);
      peers.dialFailed(address.peer(), Reason.PATH_LOST, List.of());
      fail(Reason.PATH_LOST, List.of());
    }
  }

  /** A connection to the peer came up otherwise. */
  void onConnectedOtherwise(Connection connection) {
    run(race.onCancelled(context.now()));
    complete(connection);
  }

  /** The connection that it has won, and might have given a better path, is over. */
  void onWonEnded() {
    run(race.onCancelled(context.now()));
  }

  /** The endpoint closes. */
  void cancel() {
    run(race.onCancelled(context.now()));
    fail(Reason.ENDPOINT_CLOSED, List.of());
  }

  private Duration elapsed() {
    return Duration.between(began, context.now());
  }

  private void complete(Connection connection) {
    waiting.forEach(future -> future.complete(connection));
    waiting.clear();
  }

  private void fail(Reason reason, List<Attempt> attempts) {
    ConnectFailedException failure = new ConnectFailedException(address.peer(), reason, attempts);
    waiting.forEach(future -> future.completeExceptionally(failure));
    waiting.clear();
  }

  private void run(List<DialRace.Effect> effects) {
    for (DialRace.Effect effect : effects) {
      if (effect instanceof DialRace.Effect.Start start) {
        start(start.candidate());
      } else if (effect instanceof DialRace.Effect.Cancel cancel) {
        Outgoing attempt = running.remove(cancel.candidate());
        if (attempt != null) {
          attempt.cancel();
        }
      } else if (effect instanceof DialRace.Effect.Won winner) {
        won = true;
        peers.learn(winner);
        peers.dialWon(address.peer(), this);
      } else if (effect instanceof DialRace.Effect.Failed failed) {
        peers.dialEnded(address.peer(), this);
        peers.dialFailed(address.peer(), failed.reason(), failed.attempts());
        fail(failed.reason(), failed.attempts());
      }
    }
    schedule();
  }

  private void schedule() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
    Instant deadline = race.deadline();
    if (deadline == null) {
      peers.raceOver(address.peer(), this);
    } else {
      timer = context.at(deadline, control, () -> run(race.onTimeout(context.now())));
    }
  }

  private void start(Candidate candidate) {
    context
        .dial(
            candidate,
            address.peer(),
            context.dialTimeout(),
            pipe -> new PeerPath(pipe, context, new AttemptFate(candidate)))
        .ifPresentOrElse(
            attempt -> running.put(candidate, attempt),
            () ->
                control.execute(
                    () ->
                        run(
                            race.onFailed(
                                candidate,
                                Reason.UNREACHABLE,
                                "no address of ours leads there",
                                context.now()))));
  }

  private boolean wantsConnection() {
    return !won && race.deadline() != null;
  }

  /** Whether the connection that it has won is still there to be given a better path. */
  private boolean improves() {
    return won && peers.isOpen(address.peer());
  }

  /**
   * What becomes of the path of an attempt. Called on the path's loop, works on the control loop.
   */
  private final class AttemptFate implements PeerPath.Fate {
    private final Candidate candidate;

    AttemptFate(Candidate candidate) {
      this.candidate = candidate;
    }

    @Override
    public Greeting greeting(PeerPath path, PeerId peer) {
      return peers.greeting(peer, path, Optional.empty());
    }

    @Override
    public void onGreeted(PeerPath path, Greeting greeting) {
      control.execute(
          () -> {
            if (race.deadline() != null || peers.isOpen(address.peer())) {
              peers.onHello(path, greeting, Optional.empty());
            } else {
              giveUp(path);
            }
          });
    }

    @Override
    public void onAdmitted(PeerPath path, Token connection) {
      control.execute(
          () -> {
            if (wantsConnection() || peers.isOpen(address.peer(), connection)) {
              peers.onAdmit(path, connection);
            } else {
              giveUp(path);
            }
          });
    }

    /**
     * What loses a race late must not come back as a connection of its own, which the peer might
     * admit when it has closed that which won.
     */
    private void giveUp(PeerPath path) {
      path.pipe().loop().execute(() -> path.leave(Reason.CANCELLED, ""));
    }

    @Override
    public void onConnection(PeerPath path, LocalConnection connection, PeerPath.Joining how) {
      connection.monitor().know(address.candidates());
      if (!onConnected(candidate, connection) && how != PeerPath.Joining.FURTHER) {
        // The dial was over, but the peer has admitted the path before it heard of that.
        peers.upFromOutside(connection, elapsed());
      }
    }

    @Override
    public void onEnded(PeerPath path, Reason reason, String detail) {
      control.execute(
          () -> {
            peers.onPathEnded(path);
            if (reason == Reason.DUPLICATE && improves() && retried.add(candidate)) {
              // The peer had not heard from us of the connection yet, which has come up by QUIC.
              start(candidate);
            } else if (reason == Reason.DUPLICATE && peers.isOpen(address.peer())) {
              waitForOther();
            } else {
              run(race.onFailed(candidate, reason, detail, context.now()));
            }
          });
    }
  }
}
