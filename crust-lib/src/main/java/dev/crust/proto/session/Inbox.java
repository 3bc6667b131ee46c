package dev.crust.proto.session;

import dev.crust.Message;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.Varint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Messages on their way in: put together from frames, within the window that we granted.
 *
 * <p>What a peer can make us hold is bounded by the window, since a message is charged in full when
 * it starts.
 */
final class Inbox {
  private final Limits limits;

  /** One of a priority at most, so there are few, and as a rule one. */
  private final List<Incoming> inProgress = new ArrayList<>(1);

  private @Nullable Incoming current;
  private long charged;
  private long taken;
  private long granted;

  private static final class Incoming {
    final int priority;
    final byte[] bytes;
    int length;

    Incoming(int priority, int size) {
      this.priority = priority;
      this.bytes = new byte[size];
    }
  }

  Inbox(Limits limits) {
    this.limits = limits;
    this.granted = limits.window();
  }

  /**
   * A MESSAGE frame has begun; its part of the message follows.
   *
   * @param missing how many bytes of it are still to come beyond what the body holds
   */
  void onStart(ByteBuffer body, int missing) throws MalformedMessageException {
    int priority = priority(body);
    long size = Varint.read(body);
    if (size > limits.maxMessageSize()) {
      throw new MalformedMessageException(
          "a message of %d bytes (%d are allowed)".formatted(size, limits.maxMessageSize()));
    }
    if (inProgress(priority) != null) {
      throw new MalformedMessageException(
          "a message began before the one before it at priority " + priority + " had ended");
    }
    charged += Limits.charge((int) size);
    if (charged > granted) {
      throw new MalformedMessageException(
          "%d charged bytes were sent where %d were granted".formatted(charged, granted));
    }
    Incoming incoming = new Incoming(priority, (int) size);
    inProgress.add(incoming);
    begin(incoming, body.remaining() + missing);
  }

  /** A MESSAGE_MORE frame has begun; its part of the message follows. */
  void onMore(ByteBuffer body, int missing) throws MalformedMessageException {
    int priority = priority(body);
    Incoming incoming = inProgress(priority);
    if (incoming == null) {
      throw new MalformedMessageException("part of a message that never began");
    }
    if (body.remaining() + missing == 0) {
      throw new MalformedMessageException("an empty part of a message");
    }
    begin(incoming, body.remaining() + missing);
  }

  private @Nullable Incoming inProgress(int priority) {
    for (Incoming incoming : inProgress) {
      if (incoming.priority == priority) {
        return incoming;
      }
    }
    return null;
  }

  static int priority(ByteBuffer body) throws MalformedMessageException {
    if (!body.hasRemaining()) {
      throw new MalformedMessageException("a message without a priority");
    }
    return body.get() & 0xff;
  }

  private void begin(Incoming incoming, int part) throws MalformedMessageException {
    if (part > incoming.bytes.length - incoming.length) {
      throw new MalformedMessageException("a message is longer than it said");
    }
    current = incoming;
  }

  private Incoming current() {
    Incoming incoming = current;
    if (incoming == null) {
      throw new IllegalStateException("part of a frame that never began");
    }
    return incoming;
  }

  /** Bytes of the frame that has begun. */
  void onBytes(ByteBuffer part) {
    Incoming incoming = current();
    int length = part.remaining();
    part.get(incoming.bytes, incoming.length, length);
    incoming.length += length;
  }

  /** The frame is whole: the message, if it is whole with that. */
  @Nullable Message onComplete() {
    Incoming incoming = current();
    current = null;
    if (incoming.length < incoming.bytes.length) {
      return null;
    }
    inProgress.remove(incoming);
    return Message.wrap(incoming.priority, incoming.bytes);
  }

  /** The user is done with messages that were charged this much. */
  void onTaken(long charge) {
    taken += charge;
  }

  /** Whether a message is incomplete, so that more is sure to come. */
  boolean midMessage() {
    return !inProgress.isEmpty();
  }

  /**
   * Whether so much room has come free that the peer should hear of it: a quarter of the window, or
   * less where the largest message would not fit into what the peer knows of.
   */
  boolean owesWindow() {
    long spare = limits.window() - Limits.charge(limits.maxMessageSize());
    return taken + limits.window() - granted >= Math.min(limits.window() / 4, spare + 1);
  }

  /** The number for a WINDOW frame that is written now. */
  long grant() {
    granted = taken + limits.window();
    return granted;
  }
}
