package dev.crust.proto.session;

import dev.crust.Message;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.FrameReader;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.frame.Varint;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Messages and streams on their way out, most urgent first, cut into numbered frames that are kept
 * until they are acknowledged.
 *
 * <p>A message starts only when the peer's window has room for all of it, so one that has started
 * can always be finished: a more urgent one may overtake it between two frames without danger of a
 * deadlock. While the most urgent message waits for room, no other starts, lest small ones keep a
 * large one waiting for ever. Streams of one priority take turns frame by frame, with each other
 * and with the messages of that priority.
 *
 * @param <R> what the caller gets back when a message is acknowledged
 */
final class Outbox<R> {
  /** The longest frame's length, as a varint. */
  private static final int LENGTH = 3;

  /** That, a type, a priority and a message's length: with less room nothing is begun. */
  private static final int MAX_HEADER = LENGTH + 1 + 1 + 5;

  private final TreeMap<Integer, Lane<R>> lanes = new TreeMap<>();
  private final ArrayDeque<OutFrame<R>> controls = new ArrayDeque<>(1);
  private final PriorityQueue<Lane.Outgoing<R>> mortal =
      new PriorityQueue<>(1, Comparator.comparing(Outbox::expiry));
  private final FrameLog<R> log = new FrameLog<>();
  private final BulkGate gate = new BulkGate();
  private long limit;
  private long started;
  private long streamsLimit;
  private long streamsSent;
  private long pendingBytes;

  /** An outbox towards a peer that grants this much at first. */
  Outbox(long window, long streamsWindow) {
    this.limit = window;
    this.streamsLimit = streamsWindow;
  }

  private static Instant expiry(Lane.Outgoing<?> message) {
    return message.expires == null ? Instant.MAX : message.expires;
  }

  /** The frames that are not acknowledged. */
  FrameLog<R> log() {
    return log;
  }

  void add(Message message, R receipt, @Nullable Instant expires) {
    Lane.Outgoing<R> outgoing = new Lane.Outgoing<>(message, receipt, expires);
    lane(message.priority()).messages.add(outgoing);
    if (expires != null) {
      mortal.add(outgoing);
    }
    pendingBytes += message.length();
  }

  private Lane<R> lane(int priority) {
    return lanes.computeIfAbsent(priority, p -> new Lane<>());
  }

  /** Something about a stream, to be said before all else. */
  void add(OutFrame<R> control) {
    controls.add(control);
  }

  void add(OutgoingStream stream, ByteBuffer bytes) {
    stream.add(bytes);
    pendingBytes += bytes.remaining();
    ready(stream);
  }

  /** The stream has something to say. */
  void ready(OutgoingStream stream) {
    lane(stream.priority()).add(stream);
  }

  /** What waits on the stream is not sent. */
  long reset(OutgoingStream stream) {
    long dropped = stream.reset();
    pendingBytes -= dropped;
    return dropped;
  }

  /** How many bytes are not written yet. */
  long pendingBytes() {
    return pendingBytes;
  }

  /** Whether something waits to be written, even if it may not be yet. */
  boolean waiting() {
    return pendingBytes > 0
        || hasFrame()
        || lanes.values().stream().anyMatch(lane -> !lane.messages.isEmpty());
  }

  boolean hasFrame() {
    return log.behind() || !controls.isEmpty() || next() != null;
  }

  /** When the next message is too old to be sent; null for never. */
  @Nullable Instant deadline() {
    for (Lane.Outgoing<R> first = mortal.peek(); first != null; first = mortal.peek()) {
      if (!first.gone && first.untouched()) {
        return first.expires;
      }
      mortal.remove();
    }
    return null;
  }

  /** Takes out the messages that are too old to be sent. */
  List<R> expire(Instant now) {
    List<R> expired = new ArrayList<>();
    for (Instant due = deadline(); due != null && !now.isBefore(due); due = deadline()) {
      Lane.Outgoing<R> old = mortal.remove();
      old.gone = true;
      Lane<R> lane = lane(old.priority);
      lane.messages.remove(old);
      if (lane.isEmpty()) {
        lanes.remove(old.priority);
      }
      pendingBytes -= old.length;
      expired.add(old.receipt);
    }
    return expired;
  }

  /** Whoever can send next, at the most urgent priority: a message, or the lane of a stream. */
  private @Nullable Object next() {
    boolean mayStart = true;
    for (Map.Entry<Integer, Lane<R>> each : lanes.entrySet()) {
      if (gate.holds(each.getKey())) {
        return null;
      }
      Lane<R> lane = each.getValue();
      Lane.Outgoing<R> head = lane.messages.peek();
      boolean message =
          head != null
              && (!head.untouched() || (mayStart && started + Limits.charge(head.length) <= limit));
      OutgoingStream stream =
          message && !lane.streamsFirst() ? null : lane.nextStream(streamsLimit - streamsSent);
      if (stream != null) {
        return lane;
      }
      if (message) {
        return head;
      }
      mayStart &= head == null;
    }
    return null;
  }

  /**
   * Writes the next frame if there is one and it fits; a message's or a stream's bytes fill what
   * room there is.
   */
  boolean write(ByteBuffer out, Instant now) {
    if (log.behind()) {
      OutFrame<R> again = log.next();
      if (out.remaining() < again.size()) {
        return false;
      }
      again.write(out);
      log.advance();
      return true;
    }
    if (out.remaining() <= MAX_HEADER) {
      return false;
    }
    OutFrame<R> frame = controls.peek();
    if (frame == null) {
      frame = cut(out.remaining() - LENGTH, now);
    } else if (frame.size() <= out.remaining()) {
      controls.remove();
    } else {
      return false;
    }
    if (frame == null) {
      return false;
    }
    frame.write(out);
    log.append(frame);
    gate.onSent(frame.size(), now);
    return true;
  }

  @SuppressWarnings("unchecked")
  private @Nullable OutFrame<R> cut(int space, Instant now) {
    Object next = next();
    if (next instanceof Lane<?> lane) {
      return cut((Lane<R>) lane, space, now);
    }
    return next == null ? null : cut((Lane.Outgoing<R>) next, space, now);
  }

  private @Nullable OutFrame<R> cut(Lane<R> lane, int space, Instant now) {
    OutgoingStream stream = lane.nextStream(streamsLimit - streamsSent);
    if (stream == null) {
      throw new IllegalStateException("a lane without a stream that could send");
    }
    int room = Math.min(space - 1 - Varint.length(stream.id()), longestPart(stream.priority()));
    if (room <= 0) {
      return null;
    }
    lane.streamsFirst(false);
    gate.onNext(stream.priority(), now);
    if (stream.endDue()) {
      stream.onEndSaid();
      // Its turn is over when it is seen to have nothing to say.
      return new OutFrame.Control<>(FrameType.FIN, stream.id(), -1);
    }
    List<ByteBuffer> parts = stream.take(Math.min(room, streamsLimit - streamsSent));
    int length = 0;
    for (ByteBuffer part : parts) {
      length += part.remaining();
    }
    streamsSent += length;
    pendingBytes -= length;
    lane.turned();
    return new OutFrame.Data<>(stream, parts, length);
  }

  private int longestPart(int priority) {
    return (int) Math.min(FrameReader.MAX_PART, gate.longestPart(priority));
  }

  private OutFrame<R> cut(Lane.Outgoing<R> message, int space, Instant now) {
    gate.onNext(message.priority, now);
    boolean first = message.untouched();
    int header = first ? 2 + Varint.length(message.length) : 2;
    int room = Math.min(space - header, longestPart(message.priority));
    int length = Math.min(room, message.rest.remaining());
    int end = message.rest.position() + length;
    ByteBuffer part = message.rest.duplicate().limit(end);
    if (first) {
      started += Limits.charge(message.length);
      message.gone = true;
    }
    message.rest.position(end);
    pendingBytes -= length;
    boolean last = !message.rest.hasRemaining();
    Lane<R> lane = lane(message.priority);
    lane.streamsFirst(true);
    if (last) {
      lane.messages.remove();
      if (lane.isEmpty()) {
        lanes.remove(message.priority);
      }
    }
    return new OutFrame.MessagePart<>(
        message.priority, first ? message.length : -1, part, last ? message.receipt : null);
  }

  /**
   * The peer allows this much in messages since the beginning; a smaller number than before changes
   * nothing.
   */
  void onWindow(long newLimit) {
    limit = Math.max(limit, newLimit);
  }

  /** The same for the bytes of all streams together. */
  void onStreamsWindow(long newLimit) {
    streamsLimit = Math.max(streamsLimit, newLimit);
  }

  /**
   * The peer has accepted this many frames so far.
   *
   * @return whether the next frame's number must be said
   * @throws MalformedMessageException if it claims more than were sent
   */
  boolean onAcknowledged(long frames, Consumer<OutFrame<R>> each) throws MalformedMessageException {
    return log.onAcknowledged(
        frames,
        frame -> {
          gate.onAcknowledged(frame.size());
          each.accept(frame);
        });
  }

  /** What bulk leaves room for. */
  BulkGate gate() {
    return gate;
  }

  /**
   * Another path is used from now on.
   *
   * @return the number of the first frame on it
   */
  long rewind() {
    gate.onPath();
    return log.rewind();
  }

  /** Takes out the receipts of whatever is not acknowledged, sent or not. */
  List<R> abandon() {
    List<R> receipts = new ArrayList<>();
    log.drain(
        frame -> {
          if (frame instanceof OutFrame.MessagePart<R> part && part.finished() != null) {
            receipts.add(part.finished());
          }
        });
    lanes.values().forEach(lane -> lane.messages.forEach(m -> receipts.add(m.receipt)));
    lanes.clear();
    controls.clear();
    mortal.clear();
    pendingBytes = 0;
    return receipts;
  }
}
