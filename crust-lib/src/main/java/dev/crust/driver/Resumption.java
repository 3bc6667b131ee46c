package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.Path;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.io.Outgoing;
import dev.crust.proto.admission.Greeting;
import dev.crust.proto.admission.Token;
import dev.crust.proto.dial.Redial;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
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
  private final EndpointContext context;
  private final Peers peers;
  private final Redial redial = new Redial();
  private final List<Outgoing> attempts = new ArrayList<>();
  private List<String> notes = List.of();
  private boolean running;
  private @Nullable RelayedDial relayed;
  private @Nullable Instant directUntil;

  Resumption(PeerId peer, Token connection, EndpointContext context, Peers peers) {
    this.peer = peer;
    this.connection = connection;
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
    onControl(() -> begun.begin(Duration.ZERO));
  }

  /** A relayed path is there; a better one is wanted, for a while. */
  void seekDirect(Path last, Instant now) {
    directUntil = now.plus(DIRECT_PATIENCE);
    redial.begin(new Candidate(last.transport(), last.remote()), now);
  }

  /** No path is wanted any more. Returns whether one was. */
  boolean end() {
    boolean was = running;
    running = false;
    directUntil = null;
    redial.end();
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
              pipe -> new PeerPath(pipe, context, new ResumingFate(candidate.toString())))
          .ifPresent(attempts::add);
    }
  }

  /** Looks among the relays, again and again. On the control loop. */
  private final class Relayed implements RelayedDial.User {
    @Override
    public PeerPath.Fate fate(RelayedDial.Try attempt) {
      return new ResumingFate("by " + attempt.relay()) {
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

  /** What becomes of a path that is to carry the connection on. */
  private class ResumingFate implements PeerPath.Fate {
    private final String where;

    ResumingFate(String where) {
      this.where = where;
    }

    @Override
    public Greeting greeting(PeerPath path, PeerId greeted) {
      return peers.greeting(greeted, path, Optional.of(connection));
    }

    @Override
    public void onGreeted(PeerPath path, Greeting greeting) {
      context.control().execute(() -> peers.onHello(path, greeting, Optional.of(connection)));
    }

    @Override
    public void onAdmitted(PeerPath path, Token name) {
      context.control().execute(() -> peers.onAdmit(path, name));
    }

    @Override
    public PeerPath.Fate onConnection(
        PeerPath path, LocalConnection carried, PeerPath.Joining how) {
      return peers.settled();
    }

    @Override
    public void onEnded(PeerPath path, Reason reason, String detail) {
      if (reason != Reason.CANCELLED && !path.wasOpen()) {
        note(where + ": " + reason);
      }
      context.control().execute(() -> peers.onPathEnded(path));
    }
  }
}
