package dev.crust.proto.session;

import dev.crust.Message;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.frame.Varint;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The conversation with a peer, over one path or several, of which one is in use at a time:
 * messages and streams both ways, exactly once and in order, whatever becomes of the paths.
 *
 * <p>What must not be lost travels in frames that are numbered without gaps, and is kept until the
 * peer has acknowledged it. All else (acknowledgements, windows) is cumulative, and is said again
 * on each path that comes into use.
 *
 * <table>
 * <caption>Transitions of the sending side</caption>
 * <tr><th>state</th><th>event</th><th>effect</th><th>next</th></tr>
 * <tr><td>no path</td><td>{@link #use} of a path</td><td>NEXT with the first frame that is not acknowledged, ACK, WINDOW,
 * STREAMS_WINDOW; then that frame and all after it</td><td>on that path</td></tr>
 * <tr><td>on a path</td><td>{@link #use} of another</td><td>the same, on the other</td><td>on the other</td></tr>
 * <tr><td>on a path</td><td>{@link #useNone}</td><td>none: what is sent waits</td><td>no path</td></tr>
 * <tr><td>any</td><td>an ACK, by whatever path</td><td>acknowledged frames are let go; NEXT again if some of them
 * would have been repeated</td><td>the same</td></tr>
 * <tr><td>any</td><td>{@link #abandon}</td><td>all receipts come back: whether they arrived is unknown</td><td>over</td></tr>
 * </table>
 *
 * <p>The receiving side takes each frame once, from whichever path brings it first; see {@code
 * Intake}. Not thread-safe.
 *
 * @param <R> what the caller gets back when a message is acknowledged
 */
public final class Session<R> {
  private static final long MAX_BATCH = 64 << 10;
  private static final long MIN_BATCH = 1 << 10;

  /** Far above what budgets let users send: a peer that sends, but never acknowledges. */
  private static final long MAX_UNACKNOWLEDGED = 1 << 18;

  /** Which side: it decides which path is in use, and opens streams with even ids. */
  public enum Role {
    /** The endpoint with the smaller peer id. */
    DECIDER,
    /** The other one. */
    FOLLOWER
  }

  /** What comes of it. Called by the session from within its own methods. */
  public interface Listener<R> {
    /** A message has come in whole. */
    void onMessage(Message message);

    /** The peer's endpoint has accepted these messages. */
    void onAcknowledged(List<R> receipts);

    /** The answer to the ping with this number, on the path where it was asked. */
    void onPong(SessionPath<R> path, long number);

    /** The peer ends the session, or this path, which was not in use. */
    void onClose(SessionPath<R> path, String reason, String detail);

    /** The peer sends on this path from now on. */
    void onPeerUses(SessionPath<R> path);

    /** The peer has opened a stream. */
    void onStream(long id, int priority);

    /**
     * The peer has opened a stream for a service of this endpoint. Its user hears nothing of it.
     */
    void onService(long id, long service);

    /** Bytes of a stream, valid during the call, which takes all of them. */
    void onStreamBytes(long id, ByteBuffer bytes);

    /** The peer sends no more on a stream. */
    void onStreamEnd(long id);

    /** The peer has given up sending on a stream. */
    void onStreamReset(long id, long code);

    /**
     * The peer wants no more of a stream: we have given up sending on it.
     *
     * @param dropped how many bytes were waiting
     */
    void onStreamStopped(long id, long code, long dropped);

    /** The peer's endpoint has accepted so many bytes of a stream. */
    void onStreamAcknowledged(long id, int bytes);

    /** Both directions of a stream have ended, and both sides know it. */
    void onStreamForgotten(long id);
  }

  private final Listener<R> listener;
  private final Inbox inbox;
  private final Outbox<R> outbox;
  private final Intake intake = new Intake();
  private final Streams<R> streams;
  private final List<R> acknowledged = new ArrayList<>();
  private @Nullable SessionPath<R> used;
  private Instant latest;
  private boolean nextDue;
  private boolean windowsDue;
  private int half = -1;
  private long halfStream;

  /** A session in which each side keeps to the other's limits. */
  public Session(Limits ours, Limits theirs, Role role, Listener<R> listener, Instant now) {
    this.inbox = new Inbox(ours);
    this.outbox = new Outbox<>(theirs.window(), theirs.streamsWindow());
    this.streams = new Streams<>(ours, theirs, role, outbox, listener);
    this.listener = listener;
    this.latest = now;
  }

  /** A further path; not in use yet. */
  public SessionPath<R> attach() {
    return new SessionPath<>(this);
  }

  /** Sends by this path from now on, beginning with what is not acknowledged. */
  public void use(SessionPath<R> path) {
    used = path;
    nextDue = true;
    windowsDue = true;
    intake.repeatAck();
  }

  /** Sends nothing until a path is in use again. */
  public void useNone() {
    used = null;
  }

  /** How many numbered frames have come in; the peer may resume after them. */
  public long accepted() {
    return intake.accepted();
  }

  /** Whether frames that were sent are not acknowledged. */
  public boolean outstanding() {
    return outbox.log().outstanding();
  }

  /** Whether all that is to be sent was sent and acknowledged. */
  public boolean settled() {
    return !outstanding() && !outbox.waiting();
  }

  /** The number of the frame that the peer acknowledged last: it grows as long as it hears us. */
  public long progress() {
    return outbox.log().acknowledged();
  }

  /**
   * Queues a message, which must be within the peer's limit.
   *
   * @param expires when it is too old to be sent; null for never
   */
  public void send(Message message, R receipt, @Nullable Instant expires) {
    outbox.add(message, receipt, expires);
  }

  /** Opens a stream; -1 if the peer allows no more. */
  public long openStream(int priority) {
    return streams.open(priority, latest);
  }

  /** The user has taken a stream that the peer opened. */
  public void accept(long stream) {
    streams.accept(stream);
  }

  /**
   * Opens a stream for a service of the peer's endpoint, which must have said that it has it; -1 if
   * the peer allows no more streams.
   */
  public long openService(int priority, long service) {
    return streams.openService(priority, service, latest);
  }

  /**
   * Sends bytes on a stream; the buffer is kept until they are acknowledged.
   *
   * @return false, and nothing is kept, if the stream has ended on our side
   */
  public boolean write(long stream, ByteBuffer bytes) {
    return streams.write(stream, bytes);
  }

  /** Says that no more is sent on a stream. */
  public void finish(long stream) {
    streams.finish(stream);
  }

  /**
   * Gives up sending on a stream.
   *
   * @return how many bytes were waiting
   */
  public long reset(long stream, long code) {
    return streams.reset(stream, code);
  }

  /** Tells the peer that we want no more of a stream, and drops what comes. */
  public void stop(long stream, long code) {
    streams.stop(stream, code, latest);
  }

  /** The user is done with messages that came in and were charged this much. */
  public void onTaken(long charge) {
    inbox.onTaken(charge);
  }

  /** The user has taken bytes of a stream. */
  public void onStreamTaken(long stream, long bytes, Duration roundTrip, Instant now) {
    latest = now;
    streams.onTaken(stream, bytes, roundTrip, now);
  }

  void onNext(SessionPath<R> path, long number) throws MalformedMessageException {
    intake.onNext(path.position(), number);
    listener.onPeerUses(path);
  }

  void onNumbered(SessionPath<R> path, int type, ByteBuffer body, int missing)
      throws MalformedMessageException {
    if (outbox.log().size() > MAX_UNACKNOWLEDGED) {
      throw new MalformedMessageException(
          "more than " + MAX_UNACKNOWLEDGED + " frames were not acknowledged");
    }
    if (!intake.onFrame(path.position())) {
      return;
    }
    if (!FrameType.streamed(type)) {
      if (intake.begun()) {
        throw Intake.repeatedAsAnother();
      }
      onControl(type, body);
      intake.complete();
      return;
    }
    if (intake.begun()) {
      skipHeader(type, body);
      intake.again(type, body.remaining() + missing);
    } else {
      readHeader(type, body, missing);
      intake.begin(type, body.remaining() + missing);
    }
    take(path, body);
  }

  private void readHeader(int type, ByteBuffer body, int missing) throws MalformedMessageException {
    half = type;
    switch (type) {
      case FrameType.MESSAGE -> inbox.onStart(body, missing);
      case FrameType.MESSAGE_MORE -> inbox.onMore(body, missing);
      default -> {
        halfStream = Varint.read(body);
        if (body.remaining() + missing == 0) {
          throw new MalformedMessageException("an empty part of a stream");
        }
        streams.onData(halfStream, body.remaining() + missing);
      }
    }
  }

  private static void skipHeader(int type, ByteBuffer body) throws MalformedMessageException {
    if (type != FrameType.DATA) {
      Inbox.priority(body);
    }
    if (type != FrameType.MESSAGE_MORE) {
      Varint.read(body);
    }
  }

  /** More of the frame that came last on this path. */
  void onRest(SessionPath<R> path, ByteBuffer bytes) {
    if (intake.begun() && intake.wanted(path.position())) {
      take(path, bytes);
    }
  }

  private void take(SessionPath<R> path, ByteBuffer bytes) {
    intake.skipKnown(path.position(), bytes);
    boolean message = half != FrameType.DATA;
    if (message) {
      inbox.onBytes(bytes);
    } else if (bytes.hasRemaining()) {
      streams.onBytes(halfStream, bytes, latest);
    }
    if (intake.missing() == 0) {
      intake.complete();
      Message whole = message ? inbox.onComplete() : null;
      if (whole != null) {
        listener.onMessage(whole);
      }
    }
  }

  private void onControl(int type, ByteBuffer body) throws MalformedMessageException {
    if (type < FrameType.OPEN || type > FrameType.SERVICE) {
      return;
    }
    long id = Varint.read(body);
    switch (type) {
      case FrameType.OPEN -> streams.onOpen(id, Inbox.priority(body), latest);
      case FrameType.SERVICE ->
          streams.onService(id, Inbox.priority(body), Varint.read(body), latest);
      case FrameType.FIN -> streams.onFin(id);
      case FrameType.RESET -> streams.onReset(id, Varint.read(body), latest);
      case FrameType.STOP -> streams.onStop(id, Varint.read(body));
      default -> streams.onWindow(id, Varint.read(body));
    }
  }

  void onAcknowledged(long frames) throws MalformedMessageException {
    nextDue |= outbox.onAcknowledged(frames, this::onAcknowledged);
    if (!acknowledged.isEmpty()) {
      listener.onAcknowledged(List.copyOf(acknowledged));
      acknowledged.clear();
    }
  }

  private void onAcknowledged(OutFrame<R> frame) {
    if (frame instanceof OutFrame.MessagePart<R> part) {
      R finished = part.finished();
      if (finished != null) {
        acknowledged.add(finished);
      }
    } else if (frame instanceof OutFrame.Data<R> data) {
      listener.onStreamAcknowledged(data.stream().id(), data.payload());
    } else if (frame instanceof OutFrame.Control<R> control
        && (control.type() == FrameType.FIN || control.type() == FrameType.RESET)) {
      streams.onEndAcknowledged(control.id());
    }
  }

  void onWindow(long limit) {
    outbox.onWindow(limit);
  }

  void onStreamsWindow(long limit) {
    outbox.onStreamsWindow(limit);
  }

  void onPong(SessionPath<R> path, long number) {
    listener.onPong(path, number);
  }

  void onClose(SessionPath<R> path, String reason, String detail) {
    listener.onClose(path, reason, detail);
  }

  void onBatchRead(Instant now) {
    latest = now;
    outbox.gate().onBatchRead(now);
    intake.onBatchRead(inbox.midMessage(), now);
  }

  /** When {@link #onTimeout} should be called next; null for never. */
  public @Nullable Instant deadline() {
    Instant ack = intake.deadline();
    Instant expiry = outbox.deadline();
    if (ack == null || expiry == null) {
      return ack == null ? expiry : ack;
    }
    return ack.isBefore(expiry) ? ack : expiry;
  }

  /**
   * Time has passed.
   *
   * @return the receipts of the messages that have become too old to be sent
   */
  public List<R> onTimeout(Instant now) {
    latest = now;
    intake.onTimeout(now);
    return outbox.expire(now);
  }

  private boolean owesWindows() {
    return windowsDue || inbox.owesWindow() || streams.owesWindow();
  }

  boolean hasOutput(SessionPath<R> path) {
    return path == used
        && (nextDue
            || intake.owesAck()
            || owesWindows()
            || streams.owesStreamWindows()
            || outbox.hasFrame());
  }

  boolean asksForRoom(SessionPath<R> path) {
    return path == used && outbox.gate().asksForRoom();
  }

  void onRoom(SessionPath<R> path, long bytes) {
    if (path == used) {
      outbox.gate().onRoom(bytes);
    }
  }

  int outputSize(SessionPath<R> path) {
    if (path != used) {
      return 0;
    }
    if (outbox.log().behind()) {
      return (int) MAX_BATCH;
    }
    return (int) Math.min(MAX_BATCH, MIN_BATCH + outbox.pendingBytes());
  }

  void writeControls(SessionPath<R> path, ByteBuffer out) {
    if (path != used || out.remaining() < 4 * SessionPath.MAX_CONTROL) {
      return;
    }
    if (nextDue) {
      nextDue = false;
      writeNumber(out, FrameType.NEXT, outbox.rewind());
    }
    if (intake.owesAck()) {
      writeNumber(out, FrameType.ACK, intake.acknowledge());
    }
    if (windowsDue || inbox.owesWindow()) {
      writeNumber(out, FrameType.WINDOW, inbox.grant());
    }
    if (windowsDue || streams.owesWindow()) {
      writeNumber(out, FrameType.STREAMS_WINDOW, streams.grant());
    }
    windowsDue = false;
    if (streams.owesStreamWindows()) {
      streams.grantStreams();
    }
  }

  void writeFrames(SessionPath<R> path, ByteBuffer out, Instant now) {
    if (path == used && !nextDue) {
      while (outbox.write(out, now)) {
        // Each turn is a frame.
      }
    }
  }

  private static void writeNumber(ByteBuffer out, int type, long number) {
    out.put((byte) (1 + Varint.length(number)));
    out.put((byte) type);
    Varint.write(out, number);
  }

  /** Takes out the receipts of all messages that are not acknowledged. */
  public List<R> abandon() {
    return outbox.abandon();
  }
}
