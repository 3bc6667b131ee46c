package dev.crust.driver;

import dev.crust.Connection;
import dev.crust.ConnectionLostException;
import dev.crust.Message;
import dev.crust.Path;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.Transport;
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
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A connection. What the user calls runs on the user's threads and leaves work in {@link
 * #submitted}; everything else runs on the path's loop.
 */
final class LocalConnection implements Connection, Session.Listener<LocalConnection.Sent> {
  private static final long CLOSE_PATIENCE_MILLIS = 1000;

  /** A message whose acknowledgement somebody waits for. */
  record Sent(Message message, UserFuture<Void> accepted) {}

  private record Asked(long startNanos, UserFuture<Pong> answer) {}

  private record End(Reason reason, String detail) {
    ConnectionLostException exception() {
      return new ConnectionLostException(reason, detail);
    }
  }

  private final PeerPath path;
  private final Pipe pipe;
  private final PeerId peer;
  private final EndpointContext context;
  private final Limits theirLimits;
  private final Session<Sent> session;
  private final Heartbeat heartbeat;
  private final Mailbox mailbox;
  private final SendBudget budget;
  private final Instant since = Instant.now();
  private final Queue<Sent> submitted = new ConcurrentLinkedQueue<>();
  private final AtomicLong taken = new AtomicLong();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final UserFuture<Reason> closed;
  private final Map<Long, Asked> asked = new HashMap<>();
  private final long takenStep;
  private long nextPing;
  private int unacknowledged;
  private boolean ackTimer;
  private boolean probed;
  private boolean closing;
  private @Nullable End closingEnd;
  private volatile @Nullable Duration roundTrip;
  private volatile @Nullable End end;

  LocalConnection(PeerPath path, PeerId peer, EndpointContext context, Limits theirLimits) {
    this.path = path;
    this.pipe = path.pipe();
    this.peer = peer;
    this.context = context;
    this.theirLimits = theirLimits;
    this.session = new Session<>(context.limits(), theirLimits, this);
    this.heartbeat = new Heartbeat(context.heartbeat(), context.now());
    this.mailbox = new Mailbox(context.userExecutor(), this::onTaken, context::onUserFailure);
    this.budget = new SendBudget(context.limits().window());
    this.closed = context.future();
    this.takenStep = context.limits().window() / 8;
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
    return new Path(
        Transport.TCP,
        Path.Method.of(pipe.remote()),
        pipe.local(),
        pipe.remote(),
        Optional.ofNullable(roundTrip));
  }

  @Override
  public CompletionStage<Void> send(Message message) {
    UserFuture<Void> accepted = context.future();
    if (fits(message, accepted)) {
      try {
        budget.take(Limits.charge(message));
        submit(new Sent(message, accepted));
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
      submit(new Sent(message, accepted));
    }
    return Optional.of(accepted);
  }

  private boolean fits(Message message, UserFuture<Void> accepted) {
    int limit = Math.min(theirLimits.maxMessageSize(), context.limits().maxMessageSize());
    if (message.length() <= limit) {
      return true;
    }
    accepted.completeExceptionally(
        new IllegalArgumentException(
            "a message of %d bytes is over the limit of %d".formatted(message.length(), limit)));
    return false;
  }

  private void submit(Sent sent) {
    submitted.add(sent);
    schedule();
  }

  @Override
  public void onMessage(Consumer<? super Message> receiver) {
    mailbox.receiver(receiver);
  }

  @Override
  public CompletionStage<Pong> ping() {
    UserFuture<Pong> answer = context.future();
    onLoop(() -> ask(answer));
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
    onLoop(() -> beginClosing(new End(reason, "")));
  }

  private void onTaken(Message message) {
    if (taken.addAndGet(Limits.charge(message)) >= takenStep) {
      schedule();
    }
  }

  private void schedule() {
    if (scheduled.compareAndSet(false, true)) {
      onLoop(this::runSubmitted);
    }
  }

  private void onLoop(Runnable task) {
    try {
      pipe.loop().execute(task);
    } catch (RejectedExecutionException endpointClosed) {
      // The loop has ended and with it the path: nothing else touches the state any more.
      onPathEnded(Reason.ENDPOINT_CLOSED, "");
      failSubmitted();
    }
  }

  /** The path is open. */
  void begin() {
    watch();
    ask(context.future());
  }

  /** The user has been told of the connection: messages may follow. */
  void announced() {
    useEndpointsReceiver();
    mailbox.announced();
  }

  /** Uses the endpoint's receiver, unless there is one of our own. */
  void useEndpointsReceiver() {
    Consumer<Message> receiver = context.receiverFor(this);
    if (receiver != null) {
      mailbox.endpointReceiver(receiver);
    }
  }

  void onFrame(int type, ByteBuffer body) throws MalformedMessageException {
    session.onFrame(type, body);
  }

  void onBatchRead() {
    Instant now = context.now();
    heartbeat.onHeard(now);
    if (probed) {
      probed = false;
      path.alive();
    }
    session.onBatchRead(now);
    Instant ackDue = session.deadline();
    if (ackDue != null && !ackTimer) {
      ackTimer = true;
      long nanos = Math.max(0, Duration.between(now, ackDue).toNanos());
      pipe.loop().schedule(this::onAckDue, nanos, TimeUnit.NANOSECONDS);
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

  private void ask(UserFuture<Pong> answer) {
    End over = end;
    if (over != null) {
      answer.completeExceptionally(over.exception());
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
    if (end != null) {
      return;
    }
    Instant now = context.now();
    switch (heartbeat.onTimeout(now)) {
      case NONE -> {}
      case ASK -> ask(context.future());
      case GIVE_UP -> {
        path.abort(Reason.SILENT, "");
        return;
      }
    }
    long nanos = Math.max(0, Duration.between(now, heartbeat.deadline()).toNanos());
    pipe.loop().schedule(this::watch, nanos, TimeUnit.NANOSECONDS);
  }

  private void runSubmitted() {
    scheduled.set(false);
    if (end != null) {
      failSubmitted();
      return;
    }
    session.onTaken(taken.getAndSet(0));
    for (Sent sent = submitted.poll(); sent != null; sent = submitted.poll()) {
      unacknowledged++;
      session.send(sent.message, sent);
    }
    pump();
  }

  private void pump() {
    while (end == null && pipe.writable() && session.hasOutput()) {
      pipe.write(session.outputSize(), session::write);
      // TLS takes note of what it holds only when it is flushed.
      pipe.flush();
    }
    if (closing && unacknowledged == 0) {
      finishClosing();
    }
  }

  private void beginClosing(End why) {
    if (end != null || closing) {
      return;
    }
    closing = true;
    closingEnd = why;
    path.closing(why.reason, why.detail);
    runSubmitted();
    pipe.loop().schedule(this::finishClosing, CLOSE_PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void finishClosing() {
    End why = closingEnd;
    if (end == null && why != null) {
      path.leave(why.reason, why.detail);
    }
  }

  /** The path has ended, and the connection with it. */
  void onPathEnded(Reason reason, String detail) {
    if (end != null) {
      return;
    }
    End over = closingEnd != null ? closingEnd : new End(reason, detail);
    end = over;
    budget.close();
    ConnectionLostException lost = over.exception();
    session.abandon().forEach(sent -> sent.accepted.completeExceptionally(lost));
    asked.values().forEach(ping -> ping.answer.completeExceptionally(lost));
    asked.clear();
    failSubmitted();
    closed.complete(over.reason);
  }

  private void failSubmitted() {
    End over = end;
    ConnectionLostException lost =
        over == null ? new ConnectionLostException(Reason.CLOSED, "") : over.exception();
    for (Sent sent = submitted.poll(); sent != null; sent = submitted.poll()) {
      sent.accepted.completeExceptionally(lost);
    }
  }

  @Override
  public void onMessage(Message message) {
    mailbox.put(message);
  }

  @Override
  public void onAcknowledged(List<Sent> receipts) {
    long charge = 0;
    for (Sent sent : receipts) {
      charge += Limits.charge(sent.message);
      sent.accepted.complete(null);
    }
    unacknowledged -= receipts.size();
    budget.give(charge);
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

  PeerPath peerPath() {
    return path;
  }
}
