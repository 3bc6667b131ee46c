package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.Path;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.io.Outgoing;
import dev.crust.proto.admission.Greeting;
import dev.crust.proto.admission.Token;
import dev.crust.proto.dial.Redial;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Looks for a path when a connection has none: runs a {@link Redial}. Guarded by the connection's
 * {@link SessionMonitor}.
 */
final class Resumption {
  private static final int MAX_NOTES = 8;

  private final PeerId peer;
  private final Token connection;
  private final EndpointContext context;
  private final Peers peers;
  private final Redial redial = new Redial();
  private final List<Outgoing> attempts = new ArrayList<>();
  private final ArrayDeque<String> notes = new ArrayDeque<>(1);
  private boolean running;

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
    redial.begin(new Candidate(last.transport(), last.remote()), now);
  }

  /** No path is wanted any more. Returns whether one was. */
  boolean end() {
    boolean was = running;
    running = false;
    redial.end();
    attempts.forEach(Resumption::cancel);
    attempts.clear();
    return was;
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
      if (notes.size() == MAX_NOTES) {
        notes.remove();
      }
      notes.add(what);
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
    for (Candidate candidate : redial.onTimeout(now)) {
      if (attempts.size() >= 64) {
        attempts.subList(0, 32).clear();
      }
      context
          .dial(
              candidate,
              peer,
              Redial.PATIENCE,
              pipe -> new PeerPath(pipe, context, new ResumingFate(candidate)))
          .ifPresent(attempts::add);
    }
  }

  /** What becomes of a path that is to carry the connection on. */
  private final class ResumingFate implements PeerPath.Fate {
    private final Candidate candidate;

    ResumingFate(Candidate candidate) {
      this.candidate = candidate;
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
    public void onConnection(PeerPath path, LocalConnection carried, PeerPath.Joining how) {}

    @Override
    public void onEnded(PeerPath path, Reason reason, String detail) {
      if (reason != Reason.CANCELLED && !path.wasOpen()) {
        note(candidate + ": " + reason);
      }
      context.control().execute(() -> peers.onPathEnded(path));
    }
  }
}
