package dev.crust.driver;

import dev.crust.Connection.Pong;
import dev.crust.Message;
import dev.crust.Path;
import dev.crust.Reason;
import dev.crust.Transport;
import dev.crust.driver.LocalConnection.End;
import dev.crust.driver.LocalConnection.Sent;
import dev.crust.io.Pipe;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.session.Heartbeat;
import dev.crust.proto.session.Limits;
import dev.crust.proto.session.Session;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The loop's side of a connection: runs the {@link Session} and the {@link Heartbeat} on the path's
 * loop. Only {@link #path} and {@link #execute} may be called from elsewhere.
 */
final class SessionLoop implements Session.Listener<Sent> {
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(1);

  private record Asked(long startNanos, UserFuture<Pong> answer) {}

  private final PeerPath path;
  private final Pipe pipe;
  private final LocalConnection connection;
  private final EndpointContext context;
  private final Session<Sent> session;
  private final Heartbeat heartbeat;
  private final Map<Long, Asked> asked = new HashMap<>();
  private long nextPing;
  private int unacknowledged;
  private boolean ackTimer;
  private boolean probed;
  private @Nullable End closing;
  private @Nullable End ended;
  private volatile @Nullable Duration roundTrip;

  SessionLoop(PeerPath path, LocalConnection connection, EndpointContext context, Limits theirs) {
    this.path = path;
    this.pipe = path.pipe();
    this.connection = connection;
    this.context = context;
    this.session = new Session<>(context.limits(), theirs, this);
    this.heartbeat = new Heartbeat(context.heartbeat(), context.now());
  }

  /** The path, with the round trip measured last. */
  Path path() {
    return new Path(
        Transport.TCP,
        Path.Method.of(pipe.remote()),
        pipe.local(),
        pipe.remote(),
        Optional.ofNullable(roundTrip));
  }

  /**
   * Runs a task on the loop.
   *
   * @throws java.util.concurrent.RejectedExecutionException if the loop has ended
   */
  void execute(Runnable task) {
    pipe.loop().execute(task);
  }

  PeerPath peerPath() {
    return path;
  }

  /**
   * The path is open: asks for a first sign of life, which is also the first measured round trip.
   */
  void begin() {
    watch();
    probe();
  }

  void onFrame(int type, ByteBuffer body, int missing) throws MalformedMessageException {
    session.onFrame(type, body, missing);
  }

  void onRest(ByteBuffer bytes, int missing) {
    session.onRest(bytes, missing);
  }

  void onBatchRead() {
    Instant now = context.now();
    heartbeat.onHeard(now);
    if (probed) {
      probed = false;
      path.alive();
    }
    connection.deliverAll();
    session.onBatchRead(now);
    Instant ackDue = session.deadline();
    if (ackDue != null && !ackTimer) {
      ackTimer = true;
      context.at(ackDue, pipe.loop(), this::onAckDue);
    }
    pump();
  }

  private void onAckDue() {
    ackTimer = false;
    session.onTimeout(context.now());
    pump();
  }

  void onWritable() {
    pump();
  }

  /** The control loop wants a sign of life; anything that comes will do. */
  void probe() {
    probed = true;
    ask(context.future());
  }

  /** Pings the peer. */
  void ask(UserFuture<Pong> answer) {
    if (ended != null) {
      answer.completeExceptionally(ended.exception());
    } else if (asked.size() >= Session.MAX_PINGS) {
      answer.completeExceptionally(
          new IllegalStateException(Session.MAX_PINGS + " pings wait for an answer already"));
    } else {
      long number = nextPing++;
      asked.put(number, new Asked(System.nanoTime(), answer));
      session.ping(number);
      pump();
    }
  }

  private void watch() {
    if (ended != null) {
      return;
    }
    switch (heartbeat.onTimeout(context.now())) {
      case NONE -> {}
      case ASK -> ask(context.future());
      case GIVE_UP -> {
        path.abort(Reason.SILENT, "");
        return;
      }
    }
    context.at(heartbeat.deadline(), pipe.loop(), this::watch);
  }

  /** The user has left work. */
  void runSubmitted() {
    session.onTaken(connection.wake());
    if (ended != null) {
      connection.onEnded(ended);
      return;
    }
    for (Sent sent = connection.nextSubmitted(); sent != null; sent = connection.nextSubmitted()) {
      unacknowledged++;
      session.send(sent.message(), sent);
    }
    pump();
  }

  private void pump() {
    while (ended == null && pipe.writable() && session.hasOutput()) {
      pipe.write(session.outputSize(), session::write);
      // TLS takes note of what it holds only when it is flushed.
      pipe.flush();
    }
    if (closing != null && unacknowledged == 0) {
      finishClosing();
    }
  }

  /** Ends the connection after what was sent, or after a while. */
  void beginClosing(End why) {
    if (ended != null || closing != null) {
      return;
    }
    closing = why;
    path.closing(why.reason(), why.detail());
    runSubmitted();
    context.at(context.now().plus(CLOSE_PATIENCE), pipe.loop(), this::finishClosing);
  }

  private void finishClosing() {
    if (ended == null && closing != null) {
      path.leave(closing.reason(), closing.detail());
    }
  }

  /** The path has ended, and the connection with it. */
  void onPathEnded(Reason reason, String detail) {
    if (ended != null) {
      return;
    }
    End how = closing != null ? closing : new End(reason, detail);
    ended = how;
    connection.deliverAll();
    session.abandon().forEach(sent -> sent.accepted().completeExceptionally(how.exception()));
    asked.values().forEach(ping -> ping.answer.completeExceptionally(how.exception()));
    asked.clear();
    connection.onEnded(how);
  }

  @Override
  public void onMessage(Message message) {
    connection.deliver(message);
  }

  @Override
  public void onAcknowledged(List<Sent> receipts) {
    unacknowledged -= receipts.size();
    connection.onAccepted(receipts);
  }

  @Override
  public void onPong(long number) {
    Asked ping = asked.remove(number);
    if (ping != null) {
      Duration measured = Duration.ofNanos(System.nanoTime() - ping.startNanos);
      roundTrip = measured;
      ping.answer.complete(new Pong(measured, path()));
    }
  }

  @Override
  public void onClose(String reason, String detail) {
    path.closedByPeer(reason, detail);
  }
}
