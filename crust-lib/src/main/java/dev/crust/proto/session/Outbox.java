package dev.crust.proto.session;

import dev.crust.Message;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.FrameReader;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.frame.Varint;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Messages on their way out, most urgent first.
 *
 * <p>A message starts only when the peer's window has room for all of it, so one that has started
 * can always be finished: a more urgent one may overtake it between two frames without danger of a
 * deadlock. While the most urgent message waits for room, no other starts, lest small ones keep a
 * large one waiting for ever.
 *
 * @param <R> what the caller gets back when a message is acknowledged
 */
final class Outbox<R> {
  /**
   * The frame's length (at most 3 bytes), its type, the priority and the message's length (at most
   * 5 bytes).
   */
  private static final int MAX_HEADER = 3 + 1 + 1 + 5;

  private final TreeMap<Integer, ArrayDeque<Outgoing<R>>> queues = new TreeMap<>();
  private final ArrayDeque<Awaited<R>> awaited = new ArrayDeque<>();
  private long limit;
  private long started;
  private long framesSent;
  private long framesAcknowledged;
  private long pendingBytes;

  private static final class Outgoing<R> {
    final int priority;
    final int length;
    final ByteBuffer rest;
    final R receipt;

    Outgoing(Message message, R receipt) {
      this.priority = message.priority();
      this.length = message.length();
      this.rest = message.buffer();
      this.receipt = receipt;
    }

    boolean untouched() {
      return rest.position() == 0;
    }
  }

  private record Awaited<R>(long lastFrame, R receipt) {}

  /** An outbox towards a peer that grants this much at first. */
  Outbox(long window) {
    this.limit = window;
  }

  void add(Message message, R receipt) {
    queues
        .computeIfAbsent(message.priority(), p -> new ArrayDeque<>())
        .add(new Outgoing<>(message, receipt));
    pendingBytes += message.length();
  }

  /** How many bytes of messages are not written yet. */
  long pendingBytes() {
    return pendingBytes;
  }

  boolean hasFrame() {
    return next() != null;
  }

  /**
   * Writes the next frame if there is one and it fits; a message's bytes fill what room there is.
   */
  boolean write(ByteBuffer out) {
    if (out.remaining() <= MAX_HEADER) {
      return false;
    }
    Outgoing<R> message = next();
    if (message == null) {
      return false;
    }
    boolean first = message.untouched();
    int header = first ? 2 + Varint.length(message.length) : 2;
    int room = Math.min(out.remaining() - 3 - header, FrameReader.MAX_PART);
    int part = Math.min(room, message.rest.remaining());
    Varint.write(out, header + part);
    out.put((byte) (first ? FrameType.MESSAGE : FrameType.MESSAGE_MORE));
    out.put((byte) message.priority);
    if (first) {
      started += Limits.charge(message.length);
      Varint.write(out, message.length);
    }
    int end = message.rest.position() + part;
    out.put(message.rest.duplicate().limit(end));
    message.rest.position(end);
    pendingBytes -= part;
    framesSent++;
    if (!message.rest.hasRemaining()) {
      finish(message);
    }
    return true;
  }

  private void finish(Outgoing<R> message) {
    ArrayDeque<Outgoing<R>> queue = queues.get(message.priority);
    if (queue == null || queue.poll() != message) {
      throw new IllegalStateException("a message ended that was not the first of its queue");
    }
    if (queue.isEmpty()) {
      queues.remove(message.priority);
    }
    awaited.add(new Awaited<>(framesSent, message.receipt));
  }

  private @Nullable Outgoing<R> next() {
    boolean mayStart = true;
    for (ArrayDeque<Outgoing<R>> queue : queues.values()) {
      Outgoing<R> head = queue.element();
      if (!head.untouched()) {
        return head;
      }
      if (mayStart && started + Limits.charge(head.length) <= limit) {
        return head;
      }
      mayStart = false;
    }
    return null;
  }

  /**
   * The peer has accepted this many frames so far.
   *
   * @return the receipts of the messages that are complete with that, in order
   * @throws MalformedMessageException if it claims more than were sent
   */
  List<R> onAcknowledged(long frames) throws MalformedMessageException {
    if (frames > framesSent) {
      throw new MalformedMessageException(
          "%d frames acknowledged of %d sent".formatted(frames, framesSent));
    }
    framesAcknowledged = Math.max(framesAcknowledged, frames);
    List<R> complete = new ArrayList<>();
    for (Awaited<R> head = awaited.peek();
        head != null && head.lastFrame <= framesAcknowledged;
        head = awaited.peek()) {
      complete.add(awaited.remove().receipt);
    }
    return complete;
  }

  /**
   * The peer allows this much in all since the beginning; a smaller number than before changes
   * nothing.
   */
  void onWindow(long newLimit) {
    limit = Math.max(limit, newLimit);
  }

  /** Takes out whatever is not acknowledged, sent or not. */
  List<R> abandon() {
    List<R> receipts = new ArrayList<>();
    awaited.forEach(a -> receipts.add(a.receipt));
    queues.values().forEach(queue -> queue.forEach(m -> receipts.add(m.receipt)));
    awaited.clear();
    queues.clear();
    pendingBytes = 0;
    return receipts;
  }
}
