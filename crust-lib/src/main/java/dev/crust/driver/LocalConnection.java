package dev.crust.driver;

import dev.crust.Connection;
import dev.crust.ConnectionLostException;
import dev.crust.Event;
import dev.crust.Message;
import dev.crust.MessageExpiredException;
import dev.crust.Path;
import dev.crust.PeerId;
import dev.crust.PeerStream;
import dev.crust.Reason;
import dev.crust.proto.admission.Greeting;
import dev.crust.proto.admission.Token;
import dev.crust.proto.session.Limits;
import dev.crust.proto.session.Session;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The user's side of a connection: runs on the user's threads and leaves work for {@link
 * SessionMonitor}, which wakes once for whatever has gathered meanwhile.
 */
final class LocalConnection implements Connection {
  /** What the user has left for the loop. */
  private sealed interface Submitted {}

  /** A message whose acknowledgement somebody waits for. */
  record Sent(Message message, UserFuture<Void> accepted, @Nullable Instant expires)
      implements Submitted {}

  /** Something to be done to a stream. */
  private record StreamWork(Consumer<Session<Sent>> work) implements Submitted {}

  /** A stream that somebody waits for. */
  private record Opening(int priority, UserFuture<PeerStream> opened) implements Submitted {}

  /** A stream that the endpoint itself wants. */
  private record OpeningService(long service, ServiceStream stream) implements Submitted {}

  /** Why a connection is over. */
  record End(Reason reason, String detail) {
    ConnectionLostException exception() {
      return new ConnectionLostException(reason, detail);
    }
  }

  private final PeerId peer;
  private final EndpointContext context;
  private final Peers peers;
  private final Token name;
  private final SessionMonitor monitor;
  private final LocalStreams streams;
  private final int maxMessageSize;
  private final Mailbox<Message> mailbox;
  private final SendBudget budget;
  private final boolean peerRelays;
  private final boolean peerPunches;
  private final boolean peerDialsBack;
  private final Instant since = Instant.now();
  private final Queue<Submitted> submitted = new ConcurrentLinkedQueue<>();
  private final AtomicLong taken = new AtomicLong();
  private final long takenStep;
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final UserFuture<Reason> closed;
  private @Nullable Runnable announcement;
  private volatile boolean up;
  private volatile @Nullable End end;

  LocalConnection(PeerId peer, Token name, Greeting theirs, EndpointContext context, Peers peers) {
    Limits ours = context.limits();
    this.peer = peer;
    this.name = name;
    this.context = context;
    this.peers = peers;
    this.maxMessageSize = Math.min(ours.maxMessageSize(), theirs.limits().maxMessageSize());
    this.mailbox = new Mailbox<>(context.userExecutor(), this::onTaken, context::onUserFailure);
    this.budget = context.sendBudget(ours.window());
    this.peerRelays = theirs.relays();
    this.peerPunches = theirs.punches();
    this.peerDialsBack = theirs.dialsBack();
    this.takenStep = ours.window() / 8;
    this.closed = context.future();
    this.streams = new LocalStreams(this, context);
    Session.Role role =
        context.self().compareTo(peer) < 0 ? Session.Role.DECIDER : Session.Role.FOLLOWER;
    this.monitor =
        new SessionMonitor(
            this,
            context,
            theirs.limits(),
            role,
            new Resumption(peer, name, theirs.punches(), context, peers));
    this.monitor.know(theirs.candidates());
  }

  /** The half that runs on the paths' loops. */
  SessionMonitor monitor() {
    return monitor;
  }

  LocalStreams streams() {
    return streams;
  }

  /** By what name both sides know the connection. */
  Token name() {
    return name;
  }

  /** Whether the user has been told of the connection. */
  boolean isUp() {
    return up;
  }

  /** The user is being told. On any thread, with the monitor's lock. */
  void up() {
    up = true;
  }

  @Override
  public PeerId peer() {
    return peer;
  }

  @Override
  public Instant since() {
    return since;
  }

  @Override
  public Path path() {
    return monitor.path();
  }

  /** It goes by another path now. On any loop. */
  void moved() {
    context.onControl(() -> peers.onPath(this));
  }

  /** Where the network says that the peer is; empty if we have only the word of others for it. */
  Optional<InetAddress> whereWeSee() {
    Path path = path();
    return switch (path.method()) {
      case RELAYED, OTHER -> Optional.empty();
      case HOST, DIRECT, REVERSED, PUNCHED -> Optional.of(path.remote().getAddress());
    };
  }

  @Override
  public CompletionStage<Void> send(Message message) {
    UserFuture<Void> accepted = context.future();
    if (fits(message, accepted)) {
      try {
        budget.take(Limits.charge(message));
        submit(new Sent(message, accepted, expiry(message)));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        accepted.completeExceptionally(e);
      }
    }
    return accepted;
  }

  @Override
  public Optional<CompletionStage<Void>> trySend(Message message) {
    UserFuture<Void> accepted = context.future();
    if (fits(message, accepted)) {
      if (!budget.tryTake(Limits.charge(message))) {
        return Optional.empty();
      }
      submit(new Sent(message, accepted, expiry(message)));
    }
    return Optional.of(accepted);
  }

  private boolean fits(Message message, UserFuture<Void> accepted) {
    if (message.length() <= maxMessageSize) {
      return true;
    }
    accepted.completeExceptionally(
        new IllegalArgumentException(
            "a message of %d bytes is over the limit of %d"
                .formatted(message.length(), maxMessageSize)));
    return false;
  }

  private @Nullable Instant expiry(Message message) {
    return message.maxAge().map(age -> context.now().plus(age)).orElse(null);
  }

  private void submit(Submitted work) {
    submitted.add(work);
    schedule();
  }

  /** Leaves work on a stream for the loop. */
  void submit(Consumer<Session<Sent>> work) {
    submit(new StreamWork(work));
  }

  @Override
  public CompletionStage<PeerStream> openStream(int priority) {
    if (priority < 0 || priority > 255) {
      throw new IllegalArgumentException("a priority is a number from 0 to 255, not " + priority);
    }
    UserFuture<PeerStream> opened = context.future();
    submit(new Opening(priority, opened));
    return opened;
  }

  /** Opens a stream for a service that the peer's endpoint has. On the control loop. */
  ServiceStream openService(long service) {
    ServiceStream stream = new ServiceStream(this, context);
    submit(new OpeningService(service, stream));
    return stream;
  }

  /** The peer has opened a stream for a service of ours. On a loop, with the monitor's lock. */
  void onService(long id, long service) {
    ServiceStream stream = new ServiceStream(this, context);
    stream.use(peers.visitor(service, stream));
    streams.onService(id, stream);
  }

  /** Whether the peer has said that it relays. */
  boolean peerRelays() {
    return peerRelays;
  }

  /** Whether the peer has said that it knows of signals. */
  boolean peerPunches() {
    return peerPunches;
  }

  /** Whether the peer has said that it dials back. */
  boolean peerDialsBack() {
    return peerDialsBack;
  }

  @Override
  public void onStream(Consumer<? super PeerStream> receiver) {
    streams.receiver(receiver);
  }

  @Override
  public void onMessage(Consumer<? super Message> receiver) {
    mailbox.receiver(receiver);
  }

  @Override
  public CompletionStage<Pong> ping() {
    UserFuture<Pong> answer = context.future();
    onLoop(() -> monitor.ask(answer));
    End over = end;
    if (over != null) {
      answer.completeExceptionally(over.exception());
    }
    return answer;
  }

  @Override
  public CompletionStage<Reason> closed() {
    return closed;
  }

  @Override
  public void close() {
    close(Reason.CLOSED);
  }

  /** Ends the connection for this reason, after what was sent. */
  void close(Reason reason) {
    onLoop(() -> monitor.beginClosing(new End(reason, "")));
  }

  private void onTaken(Message message) {
    if (taken.addAndGet(Limits.charge(message)) >= takenStep) {
      schedule();
    }
  }

  private void schedule() {
    if (scheduled.compareAndSet(false, true)) {
      onLoop(monitor::runSubmitted);
    }
  }

  private void onLoop(Runnable task) {
    try {
      monitor.execute(task);
    } catch (RejectedExecutionException endpointClosed) {
      // The loop has ended and with it the path: nothing else touches the state any more.
      onEnded(new End(Reason.ENDPOINT_CLOSED, ""));
    }
  }

  /** The user has been told of the connection: messages may follow. */
  void announced() {
    useEndpointsReceiver();
    mailbox.announced();
    streams.announced();
  }

  /** Uses the endpoint's receiver, unless there is one of our own. */
  void useEndpointsReceiver() {
    Consumer<Message> receiver = context.receiverFor(this);
    if (receiver != null) {
      mailbox.endpointReceiver(receiver);
    }
    Consumer<? super PeerStream> ofStreams = context.streamReceiver();
    if (ofStreams != null) {
      streams.endpointReceiver(ofStreams);
    }
  }

  /** A message has come in; {@link #deliverAll} follows. On the loop. */
  void deliver(Message message) {
    mailbox.put(message);
  }

  /** No more messages are to come for now. On the loop. */
  void deliverAll() {
    mailbox.flush();
    streams.deliverAll();
  }

  /** Takes note that the loop has woken, and passes on how much the user is done with. */
  void wake(Session<Sent> session) {
    scheduled.set(false);
    session.onTaken(taken.getAndSet(0));
  }

  /** Does what the user has left. On the loop, with the monitor's lock. */
  void runSubmitted(Session<Sent> session) {
    for (Submitted work = submitted.poll(); work != null; work = submitted.poll()) {
      if (work instanceof Sent sent) {
        session.send(sent.message, sent, sent.expires);
      } else if (work instanceof StreamWork stream) {
        stream.work.accept(session);
      } else if (work instanceof Opening opening) {
        streams.open(session, opening.priority, opening.opened);
      } else if (work instanceof OpeningService opening) {
        streams.openService(session, opening.service, opening.stream);
      }
    }
  }

  /** The message was too old to be sent. On the loop. */
  void onExpired(Sent sent) {
    budget.give(Limits.charge(sent.message));
    sent.accepted.completeExceptionally(
        new MessageExpiredException(sent.message.maxAge().orElse(Duration.ZERO)));
    context.feed().publish(new Event.Expired(this, sent.message));
  }

  /** The connection has given the sign of life that was asked for. On the loop. */
  void alive() {
    context.control().execute(() -> peers.onAlive(this));
  }

  /** The user is told when the peer gives its first sign of life. On the control loop. */
  void announceWhenAlive(Runnable telling) {
    announcement = telling;
  }

  /** The peer has given a sign of life. On the control loop. */
  void announceIfDue() {
    Runnable due = announcement;
    announcement = null;
    if (due != null) {
      due.run();
    }
  }

  /** For everybody else it is over, although what was sent may be on its way. */
  void over(End how) {
    context.onControl(() -> peers.onOver(this, how.reason, how.detail));
  }

  /** The peer's endpoint has accepted these messages. On the loop. */
  void onAccepted(List<Sent> messages) {
    long charge = 0;
    for (Sent sent : messages) {
      sent.accepted.complete(null);
      charge += Limits.charge(sent.message);
    }
    budget.give(charge);
  }

  /**
   * The connection is over; only the first end counts. On the loop, or when there is no loop any
   * more.
   */
  void onEnded(End how) {
    if (end == null) {
      end = how;
      budget.close();
      streams.onLost(how);
      closed.complete(how.reason);
    }
    failSubmitted(how);
  }

  /** Fails what was submitted and never came to the session. */
  private void failSubmitted(End over) {
    for (Submitted work = submitted.poll(); work != null; work = submitted.poll()) {
      if (work instanceof Sent sent) {
        sent.accepted.completeExceptionally(over.exception());
      } else if (work instanceof Opening opening) {
        opening.opened.completeExceptionally(over.exception());
      } else if (work instanceof OpeningService opening) {
        opening.stream.onLost(over.exception());
      }
    }
    streams.onLost(over);
  }
}
