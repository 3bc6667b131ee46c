package dev.crust.driver;

import dev.crust.Event;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.io.Pipe;
import dev.crust.proto.admission.Greeting;
import dev.crust.proto.admission.Token;
import dev.crust.proto.guard.Antechamber;
import dev.crust.proto.guard.RefusalLog;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Where those come in who dial us: bounds how many wait for their admission and how long, and tells
 * who was turned away. On the control loop; other threads may read {@link #refusals} and begin with
 * {@link #enter}.
 */
final class Door {
  private final EndpointContext context;
  private final Peers peers;
  private final EventLoop control;
  private final Antechamber<PeerPath> antechamber = new Antechamber<>();
  private final RefusalLog log = new RefusalLog();
  private final Map<Reason, Long> totals = new ConcurrentHashMap<>();
  private boolean scheduled;

  Door(EndpointContext context, Peers peers) {
    this.context = context;
    this.peers = peers;
    this.control = context.control();
  }

  /** Begins to look after the time. */
  void begin() {
    long interval = RefusalLog.INTERVAL.toMillis();

    control.scheduleAtFixedRate(
        () -> log.onTimeout(context.now()).forEach(context.feed()::publish),
        interval,
        interval,
        TimeUnit.MILLISECONDS);
  }

  /** How many were turned away, by reason. */
  Map<Reason, Long> refusals() {
    return Map.copyOf(totals);
  }

  /** Somebody has connected to us. Called on the loop of its path. */
  PeerPath enter(Pipe pipe) {
    InetAddress source = pipe.remote().getAddress();
    PeerPath path = new PeerPath(pipe, context, new GuestFate(source, context.now()));
    onControl(() -> onArrived(path, source));
    return path;
  }

  private void onControl(Runnable task) {
    try {
      control.execute(task);
    } catch (RejectedExecutionException endpointClosed) {
      // The last loops end in a moment, and with them every pipe: nobody needs to know.
      return;
    }
  }

  private void onArrived(PeerPath path, InetAddress source) {
    Optional<PeerPath> evicted = antechamber.onArrived(path, source, context.now());
    evicted.ifPresent(p -> leave(p, Reason.OVERLOADED, "too many are at the door"));
    schedule();
  }

  private static void leave(PeerPath path, Reason reason, String detail) {
    path.pipe().loop().execute(() -> path.leave(reason, detail));
  }

  private void schedule() {
    Instant deadline = antechamber.deadline();
    if (deadline != null && !scheduled) {
      scheduled = true;
      context.at(deadline, control, this::onTimeout);
    }
  }

  private void onTimeout() {
    scheduled = false;
    for (PeerPath late : antechamber.onTimeout(context.now())) {
      leave(late, Reason.TIMEOUT, "no Hello came in time");
    }
    schedule();
  }

  /** What becomes of a path that came in. Called on the path's loop, works on the control loop. */
  private final class GuestFate implements PeerPath.Fate {
    private final InetAddress source;
    private final Instant arrived;

    GuestFate(InetAddress source, Instant arrived) {
      this.source = source;
      this.arrived = arrived;
    }

    @Override
    public boolean isOfOurs() {
      return false;
    }

    @Override
    public Greeting greeting(PeerPath path, PeerId peer) {
      return peers.greeting(peer, path, Optional.empty());
    }

    @Override
    public void onGreeted(PeerPath path, Greeting greeting) {
      onControl(() -> peers.onHello(path, greeting, Optional.empty()));
    }

    @Override
    public void onAdmitted(PeerPath path, Token connection) {
      onControl(() -> peers.onAdmit(path, connection));
    }

    /**
     * Whoever has dialled may have given up before our Admit arrived, because another path won: the
     * user is told of the connection when the first frame on it proves that the peer has followed.
     */
    @Override
    public PeerPath.Fate onConnection(
        PeerPath path, LocalConnection connection, PeerPath.Joining how) {
      antechamber.onLeft(path);
      Runnable announce =
          () -> peers.upFromOutside(connection, Duration.between(arrived, context.now()));
      switch (how) {
        case FIRST -> connection.announceWhenAlive(announce);
        case FIRST_BY_PEER -> announce.run();
        case FURTHER -> {}
      }
      return this;
    }

    @Override
    public void onEnded(PeerPath path, Reason reason, String detail) {
      onControl(
          () -> {
            antechamber.onLeft(path);
            peers.onPathEnded(path);
            if (!path.wasOpen() || reason == Reason.PROTOCOL_VIOLATION) {
              onRefused(Optional.ofNullable(path.peer()), reason, detail);
            }
          });
    }

    private void onRefused(Optional<PeerId> peer, Reason reason, String detail) {
      totals.merge(reason, 1L, Long::sum);
      // Whoever lost a race, gave up or hung up did nothing wrong: counted, not told.
      boolean harmless =
          switch (reason) {
            case PATH_LOST, DUPLICATE, CANCELLED, CLOSED_BY_PEER -> true;
            case CLOSED, ENDPOINT_CLOSED, PEER_ENDPOINT_CLOSED, PEER_RESTARTED -> true;
            case SUPERSEDED -> true;
            default -> false;
          };
      if (!harmless) {
        for (Event told : log.onRefused(source, peer, reason, detail, context.now())) {
          context.feed().publish(told);
        }
      }
    }
  }
}
