package dev.crust.driver;

import dev.crust.Connection;
import dev.crust.ConnectionLostException;
import dev.crust.Message;
import dev.crust.Path;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.proto.session.Limits;
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
 * SessionLoop}, which wakes once for whatever has gathered meanwhile.
 */
final class LocalConnection implements Connection {
  /** A message whose acknowledgement somebody waits for. */
  record Sent(Message message, UserFuture<Void> accepted) {}

  /** Why a connection is over. */
  record End(Reason reason, String detail) {
    ConnectionLostException exception() {
      return new ConnectionLostException(reason, detail);
    }
  }

  private final PeerId peer;
  private final EndpointContext context;
  private final SessionLoop loop;
  private final int maxMessageSize;
  private final Mailbox mailbox;
  private final SendBudget budget;
  private final Instant since = Instant.now();
  private final Queue<Sent> submitted = new ConcurrentLinkedQueue<>();
  private final AtomicLong taken = new AtomicLong();
  private final long takenStep;
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final UserFuture<Reason> closed;
  private volatile @Nullable End end;

  LocalConnection(PeerPath path, PeerId peer, EndpointContext context, Limits theirs) {
    Limits ours = context.limits();
    this.peer = peer;
    this.context = context;
    this.maxMessageSize = Math.min(ours.maxMessageSize(), theirs.maxMessageSize());
    this.mailbox = new Mailbox(context.userExecutor(), this::onTaken, context::onUserFailure);
    this.budget = new SendBudget(ours.window());
    this.takenStep = ours.window() / 8;
    this.closed = context.future();
    this.loop = new SessionLoop(path, this, context, theirs);
  }

  /** The half that runs on the path's loop. */
  SessionLoop loop() {
    return loop;
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
    return loop.path();
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
    if (message.length() <= maxMessageSize) {
      return true;
    }
    accepted.completeExceptionally(
        new IllegalArgumentException(
            "a message of %d bytes is over the limit of %d"
                .formatted(message.length(), maxMessageSize)));
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
    onLoop(() -> loop.ask(answer));
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
    onLoop(() -> loop.beginClosing(new End(reason, "")));
  }

  private void onTaken(Message message) {
    if (taken.addAndGet(Limits.charge(message)) >= takenStep) {
      schedule();
    }
  }

  private void schedule() {
    if (scheduled.compareAndSet(false, true)) {
      onLoop(loop::runSubmitted);
    }
  }

  private void onLoop(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException endpointClosed) {
      // The loop has ended and with it the path: nothing else touches the state any more.
      onEnded(new End(Reason.ENDPOINT_CLOSED, ""));
    }
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

  /** A message has come in; {@link #deliverAll} follows. On the loop. */
  void deliver(Message message) {
    mailbox.put(message);
  }

  /** No more messages are to come for now. On the loop. */
  void deliverAll() {
    mailbox.flush();
  }

  /**
   * Takes note that the loop has woken, and returns how much the user is done with since it did
   * last. On the loop.
   */
  long wake() {
    scheduled.set(false);
    return taken.getAndSet(0);
  }

  /** The next message that the user has sent; null for none. On the loop. */
  @Nullable Sent nextSubmitted() {
    return submitted.poll();
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
      closed.complete(how.reason);
    }
    failSubmitted();
  }

  /** Fails what was submitted after the end. */
  private void failSubmitted() {
    End over = end;
    if (over != null) {
      for (Sent sent = submitted.poll(); sent != null; sent = submitted.poll()) {
        sent.accepted.completeExceptionally(over.exception());
      }
    }
  }
}
