package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.Path;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.Transport;
import dev.crust.io.Outgoing;
import dev.crust.proto.admission.Token;
import dev.crust.proto.dial.Redial;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Looks for a path when a connection has none, or none but by a relay: runs a {@link Redial}, and a
 * {@link RelayedDial} beside it. Guarded by the connection's {@link SessionMonitor}.
 */
final class Resumption {
  private static final int MAX_NOTES = 8;

  /** As long is a direct path looked for after a relay has won. */
  private static final Duration DIRECT_PATIENCE = Duration.ofSeconds(10);

  /** Between two rounds of all relays. */
  private static final Duration RELAYS_INTERVAL = Duration.ofSeconds(1);

  private final PeerId peer;
  private final Token connection;
  private final boolean punches;
  private final EndpointContext context;
  private final Peers peers;
  private final Redial redial = new Redial();
  private final List<Outgoing> attempts = new ArrayList<>();
  private List<String> notes = List.of();
  private boolean running;
  private boolean punching;
  private @Nullable RelayedDial relayed;
  private @Nullable Instant directUntil;

  /**
   * That of a connection.
   *
   * @param punches whether the peer takes part in punching
   */
  Resumption(PeerId peer, Token connection, boolean punches, EndpointContext context, Peers peers) {
    this.peer = peer;
    this.connection = connection;
    this.punches = punches && context.punches();
    this.context = context;
    this.peers = peers;
  }

  /** Where the peer may be found. */
  void know(Collection<Candidate> candidates) {
    redial.know(candidates);
  }

  /** A path is wanted after this one. */
  void begin(Path last, Instant now) {
    running = true;
    directUntil = null;
    redial.begin(new Candidate(last.transport(), last.remote()), now);
    RelayedDial begun =
        new RelayedDial(peer, List.of(), context, peers, Redial.PATIENCE, new Relayed());
    relayed = begun;
    onControl(
        () -> {
          peers.traversals().onPathLost();
          begun.begin(Duration.ZERO);
        });
  }

  /**
   * A relayed path is there; a better one is wanted, for a while. Where both sides punch, what goes
   * by UDP waits for their agreement: a datagram that comes before its receiver has sent can spoil
   * the mapping that the plan counts on.
   */
  void seekDirect(Path last, Instant now) {
    directUntil = now.plus(DIRECT_PATIENCE);
    Set<Transport> by = punches ? Set.of(Transport.TCP) : Set.of(Transport.values());
    redial.begin(new Candidate(last.transport(), last.remote()), now, by);
    if (punches && !punching) {
      punching = true;
      onControl(() -> peers.traversals().begin(peer, connection));
    }
  }

  /** No path is wanted any more. Returns whether one was. */
  boolean end() {
    boolean was = running;
    running = false;
    directUntil = null;
    redial.end();
    if (punching) {
      punching = false;
      onControl(() -> peers.traversals().end(peer, connection));
    }
    RelayedDial begun = relayed;
    if (begun != null) {
      relayed = null;
      onControl(begun::end);
    }
    attempts.forEach(Resumption::cancel);
    attempts.clear();
    return was;
  }

  private void onControl(Runnable task) {
    try {
      context.control().execute(task);
    } catch (RejectedExecutionException endpointClosed) {
      // Whatever looked for relays lived on that loop.
      return;
    }
  }

  private static void cancel(Outgoing attempt) {
    try {
      attempt.cancel();
    } catch (RejectedExecutionException endpointClosed) {
      // Its loop has ended, and with it the attempt.
      return;
    }
  }

  /** Something that explains the end, if it comes to that. */
  synchronized void note(String what) {
    if (!notes.contains(what)) {
      List<String> known = new ArrayList<>(notes);
      known.subList(0, Math.max(0, known.size() + 1 - MAX_NOTES)).clear();
      known.add(what);
      notes = known;
    }
  }

  /** What was tried, for people. */
  synchronized String story() {
    return String.join("; ", notes);
  }

  @Nullable Instant deadline() {
    return redial.deadline();
  }

  void onTimeout(Instant now) {
    if (directUntil != null && !now.isBefore(directUntil)) {
      directUntil = null;
      redial.end();
    }
    for (Candidate candidate : redial.onTimeout(now)) {
      if (attempts.size() >= 64) {
        attempts.subList(0, 32).clear();
      }
      context
          .dial(
              candidate,
              peer,
              Redial.PATIENCE,
              pipe -> new PeerPath(pipe, context, new Dialled(candidate.toString())))
          .ifPresent(attempts::add);
    }
  }

  /** Looks among the relays, again and again. On the control loop. */
  private final class Relayed implements RelayedDial.User {
    @Override
    public PeerPath.Fate fate(RelayedDial.Try attempt) {
      return new ResumingFate(context, peers, connection) {
        @Override
        void failed(Reason reason, String detail) {
          note("by " + attempt.relay() + ": " + reason);
        }

        @Override
        public void onEnded(PeerPath path, Reason reason, String detail) {
          super.onEnded(path, reason, detail);
          attempt.ended(reason, detail);
        }
      };
    }

    @Override
    public boolean hopes() {
      return false;
    }

    @Override
    public void onExhausted(RelayedDial dial) {
      context.at(context.now().plus(RELAYS_INTERVAL), context.control(), dial::again);
    }
  }

  private final class Dialled extends ResumingFate {
    private final String where;

    Dialled(String where) {
      super(context, peers, connection);
      this.where = where;
    }

    @Override
    void failed(Reason reason, String detail) {
      note(where + ": " + reason);
    }
  }
}
