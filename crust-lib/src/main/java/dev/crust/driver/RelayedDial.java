package dev.crust.driver;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.Path;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.io.Circuit;
import dev.crust.proto.relay.CircuitDial;
import dev.crust.proto.relay.RelayRefusal;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Looks for a way to a peer through relays: runs a {@link CircuitDial}. On the control loop. */
final class RelayedDial {
  /** Who looks. On the control loop. */
  interface User {
    /** What becomes of the path of an attempt. */
    PeerPath.Fate fate(Try attempt);

    /** Whether some relay may still come that is worth waiting for. */
    boolean hopes();

    /** No relay is left to be tried for now. */
    void onExhausted(RelayedDial dial);
  }

  /** One attempt. */
  final class Try implements CircuitEnd.Answer {
    private final PeerId relay;
    private final long number;
    private final Candidate candidate;
    private final Instant started;
    private boolean opened;
    private Optional<RelayRefusal> refusal = Optional.empty();
    private @Nullable Circuit circuit;

    Try(LocalConnection relay, long number, Instant started) {
      Path path = relay.path();
      this.relay = relay.peer();
      this.number = number;
      this.candidate = new Candidate(path.transport(), path.remote());
      this.started = started;
    }

    PeerId relay() {
      return relay;
    }

    /** Its path has ended. On any loop. */
    void ended(Reason reason, String detail) {
      context.control().execute(() -> onEnded(this, reason, detail));
    }

    @Override
    public void onOpened(Optional<InetAddress> observed) {
      opened = true;
      observed.ifPresent(ip -> peers.traversals().onObserved(peer, ip));
      run(onMachine(machine -> machine.onOpened(relay, number)));
    }

    @Override
    public void onRefused(RelayRefusal why) {
      refusal = Optional.of(why);
    }

    private void cancel() {
      if (circuit != null) {
        circuit.cancel();
      }
    }

    private Attempt told(Attempt.Outcome outcome, Optional<Reason> reason, String detail) {
      return new Attempt(
          candidate,
          Path.Method.RELAYED,
          Duration.between(began, started),
          Duration.between(began, context.now()),
          outcome,
          reason,
          detail);
    }
  }

  private interface Step {
    List<CircuitDial.Effect> of(CircuitDial machine);
  }

  private final PeerId peer;
  private final List<PeerId> named;
  private final EndpointContext context;
  private final Peers peers;
  private final Duration patience;
  private final User user;
  private final Map<Long, Try> tries = new HashMap<>();
  private final List<Attempt> attempts = new ArrayList<>();
  private Instant began;
  private @Nullable CircuitDial dial;
  private final Alarm alarm;
  private long last;
  private boolean ranOut;
  private boolean exhausted;
  private boolean over;

  /**
   * Over the relays that are connected, and those that come.
   *
   * @param named those that are to be asked first
   * @param patience for each handshake through a relay
   */
  RelayedDial(
      PeerId peer,
      List<PeerId> named,
      EndpointContext context,
      Peers peers,
      Duration patience,
      User user) {
    this.peer = peer;
    this.named = named;
    this.context = context;
    this.peers = peers;
    this.patience = patience;
    this.user = user;
    this.began = context.now();
    this.alarm = new Alarm(context);
  }

  /** Begins after a while. */
  void begin(Duration after) {
    began = context.now();
    if (!peers.relays().used()) {
      exhausted = true;
    } else if (after.isZero()) {
      hurry();
    } else {
      alarm.set(began.plus(after), this::hurry);
    }
  }

  /** Begins now, if it has not begun. */
  void hurry() {
    if (dial == null && !over && !exhausted) {
      again();
    }
  }

  /** Begins once more, with the relays that there are now. */
  void again() {
    if (!over) {
      ranOut = false;
      exhausted = false;
      attempts.clear();
      // What will be needed as soon as the relay has won is found out meanwhile.
      peers.traversals().prepare();
      dial = new CircuitDial(peers.relays().towards(peer, named), context.now());
      peers.relays().watch(this);
      run(onMachine(machine -> machine.onTimeout(context.now())));
    }
  }

  /** A relay has come. */
  void onRelay(PeerId relay) {
    if (dial != null && peers.relays().couldRelay(relay, peer)) {
      ranOut = false;
      exhausted = false;
      run(onMachine(machine -> machine.onRelay(relay, context.now())));
    }
  }

  /** Nothing is to be hoped for. */
  boolean isExhausted() {
    return exhausted || over;
  }

  /** The attempts that have ended. */
  List<Attempt> attempts() {
    return List.copyOf(attempts);
  }

  /** An attempt has become a path of a connection. */
  void onConnected(Try attempt) {
    if (tries.remove(attempt.number) != null) {
      attempts.add(attempt.told(Attempt.Outcome.WON, Optional.empty(), ""));
    }
  }

  /** The path of an attempt has ended. */
  void onEnded(Try attempt, Reason reason, String detail) {
    if (tries.remove(attempt.number) != null) {
      attempts.add(
          attempt.told(
              reason == Reason.CANCELLED ? Attempt.Outcome.LOST : Attempt.Outcome.FAILED,
              Optional.of(reason),
              "by " + attempt.relay + (detail.isEmpty() ? "" : ", " + detail)));
    }
    RelayRefusal why = attempt.refusal.orElse(RelayRefusal.PEER_GONE);
    run(
        onMachine(
            machine ->
                attempt.opened
                    ? machine.onClosed(attempt.relay, attempt.number, why, context.now())
                    : machine.onRefused(attempt.relay, why, context.now())));
  }

  /** It has taken too long. */
  void giveUp() {
    end(Attempt.Outcome.FAILED, Reason.TIMEOUT);
  }

  /** Nobody needs it any more; what is part of a connection stays. */
  void end() {
    end(Attempt.Outcome.LOST, Reason.CANCELLED);
  }

  private void end(Attempt.Outcome outcome, Reason reason) {
    over = true;
    peers.relays().unwatch(this);
    alarm.stop();
    for (Try late : tries.values()) {
      attempts.add(late.told(outcome, Optional.of(reason), "by " + late.relay));
      late.cancel();
    }
    tries.clear();
  }

  private List<CircuitDial.Effect> onMachine(Step step) {
    return dial == null || over ? List.of() : step.of(dial);
  }

  private void run(List<CircuitDial.Effect> effects) {
    for (CircuitDial.Effect effect : effects) {
      if (effect instanceof CircuitDial.Effect.Open open) {
        open(open.relay());
      } else if (effect instanceof CircuitDial.Effect.Close close) {
        Try late = tries.get(close.circuit());
        if (late != null) {
          late.cancel();
        }
      } else if (effect instanceof CircuitDial.Effect.Exhausted) {
        ranOut = true;
        settle();
      }
    }
    schedule();
  }

  /** Whoever dials a relay and a peer through it at once need not wait in between. */
  void settle() {
    if (ranOut && !exhausted && !over && !user.hopes()) {
      exhausted = true;
      user.onExhausted(this);
    }
  }

  private void open(PeerId id) {
    LocalConnection relay = peers.connections().get(id);
    if (relay == null) {
      run(onMachine(machine -> machine.onRefused(id, RelayRefusal.PEER_GONE, context.now())));
      return;
    }
    Try attempt = new Try(relay, ++last, context.now());
    tries.put(attempt.number, attempt);
    attempt.circuit =
        CircuitEnd.dial(
            relay,
            peer,
            context,
            patience,
            pipe -> new PeerPath(pipe, context, user.fate(attempt)),
            attempt);
  }

  private void schedule() {
    if (dial != null && !over) {
      alarm.set(dial.deadline(), () -> run(onMachine(machine -> machine.onTimeout(context.now()))));
    }
  }
}
