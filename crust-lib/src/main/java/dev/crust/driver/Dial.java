package dev.crust.driver;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.ConnectFailedException;
import dev.crust.Connection;
import dev.crust.CrustAddress;
import dev.crust.Path;
import dev.crust.Reason;
import dev.crust.io.Addresses;
import dev.crust.io.Outgoing;
import dev.crust.proto.admission.Token;
import dev.crust.proto.dial.DialRace;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A dial under way: runs a {@link DialRace} and, beside it, a {@link RelayedDial}, and wakes those
 * who wait for its end. On the control loop.
 */
final class Dial {
  private final CrustAddress address;
  private final EndpointContext context;
  private final Peers peers;
  private final EventLoop control;
  private final Instant began;
  private final DialRace race;
  private final RelayedDial relayed;
  private final IntroducedDial introduced;
  private final Map<Candidate, Outgoing> running = new HashMap<>();
  private final List<UserFuture<Connection>> waiting = new ArrayList<>();
  private final Set<Candidate> retried = new HashSet<>();
  private boolean won;
  private boolean waitsForOther;
  private DialRace.Effect.@Nullable Failed directFailure;
  private @Nullable Future<?> timer;
  private @Nullable Future<?> end;

  Dial(CrustAddress address, EndpointContext context, Peers peers) {
    this.address = address;
    this.context = context;
    this.peers = peers;
    this.control = context.control();
    this.began = context.now();
    this.race = new DialRace(peers.worthTrying(address.candidates()), context.dialTimeout(), began);
    this.relayed =
        new RelayedDial(
            address.peer(),
            address.via(),
            context,
            peers,
            context.dialTimeout(),
            new RelayedDial.User() {
              @Override
              public PeerPath.Fate fate(RelayedDial.Try attempt) {
                return new RelayedFate(attempt);
              }

              @Override
              public boolean hopes() {
                return hopesForRelay();
              }

              @Override
              public void onExhausted(RelayedDial dial) {
                failIfNothingIsLeft();
              }
            });
    this.introduced =
        new IntroducedDial(
            address.peer(),
            address.via(),
            context,
            peers.traversals().introductions(),
            this::failIfNothingIsLeft);
  }

  /** Somebody waits for the end. */
  void await(UserFuture<Connection> future) {
    waiting.add(future);
  }

  void begin() {
    relayed.begin(headStart());
    context.at(began.plus(headStart()), control, introduced::begin);
    end = context.at(began.plus(context.dialTimeout()), control, this::onTimeIsUp);
    run(race.onTimeout(context.now()));
  }

  /**
   * How much later relays are asked: a direct path that is as fast spares them the work. Who names
   * relays thinks that it cannot be reached otherwise, unless by its neighbours.
   */
  private Duration headStart() {
    if (address.candidates().isEmpty()) {
      return Duration.ZERO;
    }
    if (!address.via().isEmpty()) {
      boolean neighbours =
          address.candidates().stream()
              .anyMatch(each -> Addresses.isNeighbour(each.address().getAddress()));
      return neighbours ? DialRace.LAN_STAGGER : Duration.ZERO;
    }
    boolean onLan =
        address.candidates().stream()
            .allMatch(each -> Path.Method.of(each.address()) == Path.Method.HOST);
    return onLan ? DialRace.LAN_STAGGER : DialRace.STAGGER;
  }

  /** Whether somebody is being dialled who may lead to the peer. */
  private boolean hopesForRelay() {
    boolean bare = address.candidates().isEmpty() && address.via().isEmpty();
    return bare ? peers.isAnybodyDialled() : address.via().stream().anyMatch(peers::isDialled);
  }

  /** Whether it may succeed without a relay. */
  boolean isDirect() {
    return !address.candidates().isEmpty();
  }

  private void onTimeIsUp() {
    relayed.giveUp();
    failIfNothingIsLeft();
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
        if (peers.up(connection, elapsed(), all(won.attempts()))) {
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

  /** The same of a path through a relay. The race goes on for a direct one. */
  private boolean onConnected(RelayedDial.Try attempt, LocalConnection connection) {
    if (won || isOver()) {
      return false;
    }
    won = true;
    relayed.onConnected(attempt);
    relayed.end();
    List<Attempt> attempts = all(race.onRelayed());
    peers.dialWon(address.peer(), this);
    if (peers.up(connection, elapsed(), attempts)) {
      complete(connection);
    } else {
      peers.dialFailed(address.peer(), Reason.PATH_LOST, attempts);
      fail(Reason.PATH_LOST, attempts);
    }
    schedule();
    return true;
  }

  /** These attempts and those by relays, in the order of their start. */
  private List<Attempt> all(List<Attempt> direct) {
    return Stream.of(direct, relayed.attempts(), introduced.attempts())
        .flatMap(List::stream)
        .sorted(Comparator.comparing(Attempt::started))
        .toList();
  }

  /** Another path carries the connection already, and will be announced, or end, in a moment. */
  private void waitForOther() {
    stop();
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
    stop();
    complete(connection);
  }

  /** The connection that it has won, and might have given a better path, is over. */
  void onWonEnded() {
    stop();
  }

  /** The endpoint closes. */
  void cancel() {
    stop();
    fail(Reason.ENDPOINT_CLOSED, List.of());
  }

  private void stop() {
    introduced.end();
    relayed.end();
    run(race.onCancelled(context.now()));
  }

  /** Whether nothing that is under way is wanted any more. */
  private boolean isOver() {
    return race.deadline() == null && (won || relayed.isExhausted());
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
        introduced.end();
        relayed.end();
        peers.learn(winner);
        peers.dialWon(address.peer(), this);
      } else if (effect instanceof DialRace.Effect.Failed failed) {
        directFailure = failed;
        relayed.hurry();
        failIfNothingIsLeft();
      }
    }
    schedule();
  }

  private void failIfNothingIsLeft() {
    DialRace.Effect.Failed direct = directFailure;
    if (direct == null || won || !relayed.isExhausted() || introduced.begin()) {
      return;
    }
    directFailure = null;
    List<Attempt> attempts = all(direct.attempts());
    Reason reason = DialRace.tellsMost(attempts);
    if (reason == Reason.NO_CANDIDATES && peers.relays().used()) {
      reason = Reason.NO_RELAY;
    }
    relayed.end();
    peers.dialEnded(address.peer(), this);
    peers.dialFailed(address.peer(), reason, attempts);
    fail(reason, attempts);
  }

  private void schedule() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
    Instant deadline = race.deadline();
    if (isOver() && end != null) {
      end.cancel(false);
      end = null;
    }
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
            pipe -> new PeerPath(pipe, context, new DirectFate(candidate)))
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

  /** Whether the connection that it has won is still there to be given a better path. */
  private boolean improves() {
    return won && peers.isOpen(address.peer());
  }

  /** Of a path that this dial has begun. */
  private abstract class AttemptFate extends DialFate {
    AttemptFate() {
      super(peers, control);
    }

    @Override
    final boolean isWanted() {
      return !isOver() || peers.isOpen(address.peer());
    }

    @Override
    final boolean isWantedFor(Token connection) {
      return (!won && !isOver()) || peers.isOpen(address.peer(), connection);
    }

    @Override
    final void onJoined(LocalConnection connection, PeerPath.Joining how) {
      connection.monitor().know(address.candidates());
      if (!connected(connection) && how != PeerPath.Joining.FURTHER) {
        // The dial was over, but the peer has admitted the path before it heard of that.
        peers.upFromOutside(connection, elapsed());
      }
    }

    /** The path belongs to a connection. Returns whether that is what the dial was for. */
    abstract boolean connected(LocalConnection connection);
  }

  /** Of a path to a candidate. */
  private final class DirectFate extends AttemptFate {
    private final Candidate candidate;

    DirectFate(Candidate candidate) {
      this.candidate = candidate;
    }

    @Override
    boolean connected(LocalConnection connection) {
      return onConnected(candidate, connection);
    }

    @Override
    void failed(Reason reason, String detail) {
      if (reason == Reason.DUPLICATE && improves() && retried.add(candidate)) {
        // The peer had not heard from us of the connection yet, which has come up otherwise.
        start(candidate);
      } else if (reason == Reason.DUPLICATE && peers.isOpen(address.peer())) {
        waitForOther();
      } else {
        run(race.onFailed(candidate, reason, detail, context.now()));
      }
    }
  }

  /** Of a path through a relay. */
  private final class RelayedFate extends AttemptFate {
    private final RelayedDial.Try attempt;

    RelayedFate(RelayedDial.Try attempt) {
      this.attempt = attempt;
    }

    @Override
    boolean connected(LocalConnection connection) {
      return onConnected(attempt, connection);
    }

    @Override
    void failed(Reason reason, String detail) {
      if (reason == Reason.DUPLICATE && !won && peers.isOpen(address.peer())) {
        waitForOther();
      } else {
        relayed.onEnded(attempt, reason, detail);
      }
    }
  }
}
