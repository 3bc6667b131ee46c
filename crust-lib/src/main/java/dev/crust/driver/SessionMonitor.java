package dev.crust.driver;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.Connection.Pong;
import dev.crust.Event;
import dev.crust.Message;
import dev.crust.Path;
import dev.crust.Reason;
import dev.crust.driver.LocalConnection.End;
import dev.crust.driver.LocalConnection.Sent;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.session.Limits;
import dev.crust.proto.session.PathChoice;
import dev.crust.proto.session.PathHealth;
import dev.crust.proto.session.Session;
import dev.crust.proto.session.SessionPath;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The loops' side of a connection: its {@link Session} and its paths, guarded by one lock, since
 * paths may live on different loops. Each path reads and writes on its own loop; while there is one
 * path, nobody contends for the lock. Never runs code of the user's.
 */
final class SessionMonitor implements Session.Listener<Sent> {
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(1);

  private final LocalConnection connection;
  private final EndpointContext context;
  private final Session.Role role;
  private final Session<Sent> session;
  private final PathChoice<OpenPath> choice;
  private final Resumption resumption;
  private final Origins origins;
  private final List<UserFuture<Pong>> unasked = new ArrayList<>();
  private EventLoop home;
  private @Nullable Future<?> timer;
  private Instant timerAt = Instant.MAX;
  private int expected;
  private boolean probed;
  private boolean heard;
  private boolean hadOthers;
  private Reason changing = Reason.PATH_LOST;
  private @Nullable End closing;
  private @Nullable End ended;
  private volatile @Nullable OpenPath last;

  SessionMonitor(
      LocalConnection connection,
      EndpointContext context,
      Limits theirs,
      Session.Role role,
      Resumption resumption) {
    Instant now = context.now();
    this.connection = connection;
    this.context = context;
    this.role = role;
    this.session = new Session<>(context.limits(), theirs, role, this, now);
    this.choice = new PathChoice<>(role, context.pathPatience(), now);
    this.resumption = resumption;
    this.origins = new Origins(context);
    this.home = context.control();
    this.probed = true;
  }

  /** The path in use or, while there is none, the last one. May be called by any thread. */
  Path path() {
    OpenPath known = last;
    if (known == null) {
      throw new IllegalStateException("a connection that never had a path");
    }
    return known.describe();
  }

  /** Tells the user of the connection, and from now on of every change of its path. */
  synchronized void announce(Duration elapsed, List<Attempt> attempts) {
    context
        .feed()
        .publish(new Event.Connected(connection, path(), elapsed, attempts), connection::announced);
    connection.up();
  }

  /** Runs a task on the loop of the path in use. */
  void execute(Runnable task) {
    home.execute(task);
  }

  /** Where the peer may be found when no path is left. */
  synchronized void know(Collection<Candidate> candidates) {
    resumption.know(candidates);
  }

  /** A path of the connection, which was expected, is open. On its loop. */
  synchronized OpenPath attach(PeerPath path) {
    expected--;
    Instant now = context.now();
    Path.Method method = origins.of(path, choice.used().filter(OpenPath::isRelayed).isPresent());
    OpenPath open = new OpenPath(path, session.attach(), method, context);
    if (role == Session.Role.FOLLOWER) {
      open.health().leaveToPeer();
    }
    if (ended != null || closing != null) {
      End over = ended != null ? ended : closing;
      open.onLoop(() -> path.leave(over == null ? Reason.CLOSED : over.reason(), ""));
      return open;
    }
    hadOthers = last != null;
    changing = hadOthers ? Reason.RESUMED : Reason.PATH_LOST;
    run(choice.onAttached(open, open.rank(), now));
    open.ask(null);
    pump(open);
    schedule();
    return open;
  }

  /** Bytes are about to be read: the caller holds the lock until it has read them. */
  void onBatchRead(OpenPath path) {
    synchronized (this) {
      if (ended != null) {
        return;
      }
      Instant now = context.now();
      if (!heard) {
        heard = true;
        choice.used().ifPresent(this::seekDirect);
      }
      path.health().onHeard(now);
      if (path.wearsOut()) {
        // Before the connection ids of QUIC run out; the dialler comes back by a fresh path.
        path.onLoop(() -> path.path().leave(Reason.SUPERSEDED, ""));
      }
      changing = Reason.RESUMED;
      run(choice.onHeard(path, now));
      if (probed) {
        probed = false;
        connection.alive();
      }
      path.session().onBatchRead(now);
      path.measure(session.outstanding());
      pump(path);
      pumpUsed();
      schedule();
    }
    connection.deliverAll();
  }

  synchronized void onWritable(OpenPath path) {
    pump(path);
  }

  /** The control loop wants a sign of life; anything that comes will do. */
  synchronized void probe() {
    probed = true;
    choice
        .used()
        .ifPresent(
            used -> {
              used.ask(null);
              pump(used);
            });
  }

  /** Pings the peer, by the next path if there is none. */
  synchronized void ask(UserFuture<Pong> answer) {
    End over = ended;
    Optional<OpenPath> used = choice.used();
    if (over != null) {
      answer.completeExceptionally(over.exception());
    } else if (used.isEmpty() && unasked.size() < SessionPath.MAX_PINGS) {
      unasked.add(answer);
    } else if (used.isEmpty() || !used.get().ask(answer)) {
      answer.completeExceptionally(
          new IllegalStateException(SessionPath.MAX_PINGS + " pings wait for an answer already"));
    } else {
      // Whoever asks wants to know: sooner than after two heartbeats.
      used.get().health().doubt(context.now());
      pump(used.get());
      schedule();
    }
  }

  /** The user has left work. */
  synchronized void runSubmitted() {
    connection.wake(session);
    End over = ended;
    if (over != null) {
      connection.onEnded(over);
      return;
    }
    connection.runSubmitted(session);
    pumpUsed();
    schedule();
  }

  private void pumpUsed() {
    choice.used().ifPresent(this::pump);
    if (closing != null && session.settled()) {
      finishClosing();
    }
  }

  /** Writes on the path's loop, at once if this is it. */
  private void pump(OpenPath path) {
    if (path.pipe().loop().inEventLoop()) {
      Instant now = context.now();
      path.pump(now);
      path.health().onSent(isUsed(path) && session.outstanding(), session.progress(), now);
    } else if (path.beginPump()) {
      path.onLoop(
          () -> {
            synchronized (this) {
              pump(path);
              schedule();
            }
          });
    }
  }

  private boolean isUsed(OpenPath path) {
    return choice.used().filter(path::equals).isPresent();
  }

  private void run(List<PathChoice.Effect<OpenPath>> effects) {
    for (PathChoice.Effect<OpenPath> effect : effects) {
      if (effect instanceof PathChoice.Effect.Use<OpenPath> use) {
        use(use.path());
      } else if (effect instanceof PathChoice.Effect.UseNone<OpenPath>) {
        useNone();
      } else if (effect instanceof PathChoice.Effect.Validate<OpenPath> validate) {
        validate.path().validate();
        pump(validate.path());
      } else if (effect instanceof PathChoice.Effect.Retire<OpenPath> retire) {
        retire.path().onLoop(() -> retire.path().path().leave(Reason.SUPERSEDED, ""));
      } else if (effect instanceof PathChoice.Effect.Abort<OpenPath> abort) {
        abort.path().onLoop(() -> abort.path().path().abort(Reason.SILENT, ""));
      } else if (effect instanceof PathChoice.Effect.GiveUp<OpenPath>) {
        end(new End(Reason.PATH_LOST, resumption.story()));
      }
    }
  }

  private void use(OpenPath path) {
    OpenPath before = last;
    boolean resumed = resumption.end();
    last = path;
    home = path.pipe().loop();
    session.use(path.session());
    askAgain(path);
    if (before != null) {
      tell(resumed ? Optional.empty() : Optional.of(before.describe()), Optional.of(path));
    }
    if (heard) {
      seekDirect(path);
    }
    pump(path);
  }

  /**
   * A better path than a relayed one is looked for, once the peer is known to hold the connection:
   * else it would take what comes to carry it on for a mistake.
   */
  private void seekDirect(OpenPath path) {
    if (path.isRelayed()) {
      resumption.seekDirect(path.describe(), context.now());
    }
  }

  private void useNone() {
    OpenPath before = last;
    session.useNone();
    if (before != null) {
      tell(Optional.of(before.describe()), Optional.empty());
    }
    if (closing != null) {
      finishClosing();
    } else {
      resumption.begin(path(), context.now());
      schedule();
    }
  }

  private void tell(Optional<Path> from, Optional<OpenPath> to) {
    if (connection.isUp()) {
      context
          .feed()
          .publish(new Event.PathChanged(connection, from, to.map(OpenPath::describe), changing));
      if (to.isPresent()) {
        connection.moved();
      }
    }
  }

  /** A path of the connection has ended. On its loop. */
  synchronized void onPathEnded(OpenPath path, Reason reason, String detail) {
    unasked.addAll(path.takeAsked());
    if (ended != null) {
      failPings(ended);
      return;
    }
    changing = reason;
    resumption.note(path.describe() + ": " + reason + (detail.isEmpty() ? "" : ", " + detail));
    run(choice.onEnded(path, context.now()));
    if (!unasked.isEmpty() && choice.used().isPresent()) {
      // Another has taken over before this one was given up.
      askAgain(choice.used().get());
      pump(choice.used().get());
    }
    if (reason != Reason.SUPERSEDED) {
      // Else the peer has another path for it, of which its Admit is on the way.
      endIfUnknown(new End(reason, detail));
    }
    schedule();
  }

  /** Ends a connection of which nobody knows: the dialler has given up, or will dial anew. */
  private void endIfUnknown(End how) {
    if (!heard && !connection.isUp() && choice.used().isEmpty() && expected == 0) {
      end(how);
    }
  }

  /** A path is about to be attached, on its own loop; {@link #disappoint} if it is not. */
  synchronized void expect() {
    expected++;
  }

  /**
   * A path that was expected has ended before.
   *
   * @param superseded whether the peer has said that it has another, whose Admit is on the way
   */
  synchronized void disappoint(boolean superseded) {
    expected--;
    if (!superseded) {
      endIfUnknown(new End(Reason.PATH_LOST, ""));
    }
    schedule();
  }

  private void schedule() {
    if (ended != null) {
      return;
    }
    Instant next = earlier(session.deadline(), choice.deadline());
    next = earlier(next, resumption.deadline());
    for (OpenPath path : choice.all()) {
      next = earlier(next, path.health().deadline());
    }
    if (next != null && next.isBefore(timerAt)) {
      if (timer != null) {
        timer.cancel(false);
      }
      timerAt = next;
      timer = at(next, this::onTimeout);
    }
  }

  private @Nullable Future<?> at(Instant time, Runnable task) {
    try {
      return context.at(time, home, task);
    } catch (RejectedExecutionException endpointClosed) {
      return null;
    }
  }

  private static @Nullable Instant earlier(@Nullable Instant one, @Nullable Instant other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one.isBefore(other) ? one : other;
  }

  private synchronized void onTimeout() {
    timerAt = Instant.MAX;
    timer = null;
    if (ended != null) {
      return;
    }
    Instant now = context.now();
    session.onTimeout(now).forEach(connection::onExpired);
    for (OpenPath path : choice.all()) {
      watch(path, now);
    }
    run(choice.onTimeout(now));
    resumption.onTimeout(now);
    pumpUsed();
    schedule();
  }

  private void watch(OpenPath path, Instant now) {
    PathHealth.Effect effect = path.health().onTimeout(now);
    if (effect == PathHealth.Effect.ASK) {
      path.ask(null);
      pump(path);
    } else if (effect == PathHealth.Effect.SILENT) {
      changing = Reason.SILENT;
      resumption.note(path.describe() + ": " + Reason.SILENT);
      path.health().onSilenceNoted(now);
      run(choice.onSilent(path, now));
      // Whatever has silenced this one may have silenced that which takes over, too.
      choice.used().ifPresent(used -> used.health().doubt(now));
    }
  }

  /** Ends the connection after what was sent, or after a while. */
  synchronized void beginClosing(End why) {
    if (ended != null || closing != null) {
      return;
    }
    runSubmitted();
    closing = why;
    connection.over(why);
    if (choice.used().isEmpty()) {
      finishClosing();
    } else {
      pumpUsed();
      at(context.now().plus(CLOSE_PATIENCE), this::finishClosing);
    }
  }

  private synchronized void finishClosing() {
    if (closing != null) {
      end(closing);
    }
  }

  /** The connection is over. */
  synchronized void end(End how) {
    if (ended != null) {
      return;
    }
    End told = closing != null ? closing : how;
    ended = told;
    if (timer != null) {
      timer.cancel(false);
    }
    resumption.end();
    session.abandon().forEach(sent -> sent.accepted().completeExceptionally(told.exception()));
    for (OpenPath path : choice.all()) {
      unasked.addAll(path.takeAsked());
      try {
        path.onLoop(() -> path.path().leave(how.reason(), how.detail()));
      } catch (RejectedExecutionException endpointClosed) {
        context.paths().remove(path.path());
      }
    }
    failPings(told);
    connection.deliverAll();
    // In this order: who is told of the end may dial anew at once.
    connection.over(told);
    connection.onEnded(told);
  }

  private void askAgain(OpenPath path) {
    unasked.forEach(path::ask);
    unasked.clear();
  }

  private void failPings(End how) {
    unasked.forEach(answer -> answer.completeExceptionally(how.exception()));
    unasked.clear();
  }

  /** Whether a Close with this reason ends its path alone. */
  synchronized boolean concernsOnePath(Reason reason) {
    return reason == Reason.SUPERSEDED || (reason == Reason.CANCELLED && hadOthers);
  }

  /** The peer has broken the protocol on this path. */
  void violated(MalformedMessageException how) {
    end(new End(Reason.PROTOCOL_VIOLATION, String.valueOf(how.getMessage())));
  }

  @Override
  public void onMessage(Message message) {
    connection.deliver(message);
  }

  @Override
  public void onAcknowledged(List<Sent> receipts) {
    connection.onAccepted(receipts);
  }

  @Override
  public void onPong(SessionPath<Sent> on, long number) {
    for (OpenPath path : choice.all()) {
      if (path.session() == on) {
        OpenPath.Asked ping = path.onPong(number);
        if (ping != null && ping.answer() != null) {
          Path described = path.describe();
          ping.answer().complete(new Pong(described.roundTrip().orElse(Duration.ZERO), described));
        } else if (ping != null && ping.validates()) {
          changing = Reason.BETTER_PATH;
          run(choice.onValidated(path, context.now()));
        }
      }
    }
  }

  @Override
  public void onClose(SessionPath<Sent> on, String reason, String detail) {
    for (OpenPath path : choice.all()) {
      if (path.session() == on) {
        path.path().closedByPeer(reason, detail);
      }
    }
  }

  @Override
  public void onPeerUses(SessionPath<Sent> on) {
    for (OpenPath path : choice.all()) {
      if (path.session() == on) {
        boolean better = choice.used().filter(used -> path.rank() < used.rank()).isPresent();
        changing = better ? Reason.BETTER_PATH : Reason.RESUMED;
        run(choice.onPeerUses(path, context.now()));
        choice
            .used()
            .filter(used -> used != path && path.rank() >= used.rank())
            .ifPresent(used -> used.health().doubt(context.now()));
      }
    }
  }

  @Override
  public void onStream(long id, int priority) {
    connection.streams().onOpened(id, priority);
  }

  @Override
  public void onService(long id, long service) {
    connection.onService(id, service);
  }

  @Override
  public void onStreamBytes(long id, ByteBuffer bytes) {
    connection.streams().onBytes(id, bytes);
  }

  @Override
  public void onStreamEnd(long id) {
    connection.streams().onEnd(id);
  }

  @Override
  public void onStreamReset(long id, long code) {
    connection.streams().onReset(id, code);
  }

  @Override
  public void onStreamStopped(long id, long code, long dropped) {
    connection.streams().onStopped(id, code, dropped);
  }

  @Override
  public void onStreamAcknowledged(long id, int bytes) {
    connection.streams().onAcknowledged(id, bytes);
  }

  @Override
  public void onStreamForgotten(long id) {
    connection.streams().onForgotten(id);
  }

  /** The smoothed round trip of the path in use; zero before it was measured. */
  Duration roundTrip() {
    return choice.used().flatMap(used -> used.health().roundTrip()).orElse(Duration.ZERO);
  }
}
