package dev.crust.proto.session;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** What one side sends on a stream, in order, within the window that the peer has granted. */
final class OutgoingStream {
  private enum State {
    OPEN,
    ENDING,
    ENDED
  }

  private final long id;
  private final int priority;
  private final ArrayDeque<ByteBuffer> queue = new ArrayDeque<>();
  private State state = State.OPEN;
  private long queued;
  private long sent;
  private long limit;
  private boolean inTurn;

  OutgoingStream(long id, int priority, long window) {
    this.id = id;
    this.priority = priority;
    this.limit = window;
  }

  long id() {
    return id;
  }

  int priority() {
    return priority;
  }

  /** How many bytes wait. */
  long queued() {
    return queued;
  }

  /** Whether it takes part in the turns of its priority. */
  boolean inTurn() {
    return inTurn;
  }

  void inTurn(boolean now) {
    inTurn = now;
  }

  /** Whether nothing can be added. */
  boolean ended() {
    return state != State.OPEN;
  }

  /** The buffer is kept until what it holds is acknowledged. */
  void add(ByteBuffer bytes) {
    if (state != State.OPEN) {
      throw new IllegalStateException("stream " + id + " has ended");
    }
    queue.add(bytes);
    queued += bytes.remaining();
  }

  void finish() {
    if (state == State.OPEN) {
      state = State.ENDING;
    }
  }

  /**
   * Drops what waits.
   *
   * @return how much that was, in bytes
   */
  long reset() {
    long dropped = queued;
    queue.clear();
    queued = 0;
    state = State.ENDED;
    return dropped;
  }

  /** The peer allows this much in all; a smaller number than before changes nothing. */
  void onWindow(long newLimit) {
    limit = Math.max(limit, newLimit);
  }

  /** Whether something could be sent, if the connection's window allows so many bytes. */
  boolean sendable(long room) {
    return (queued > 0 && room > 0 && sent < limit) || endDue();
  }

  /** Whether its end is all that is left to be said. */
  boolean endDue() {
    return state == State.ENDING && queued == 0;
  }

  /** Its end was said. */
  void ended(boolean said) {
    if (said) {
      state = State.ENDED;
    }
  }

  /** Takes out the next bytes, at most this many, within the window. */
  List<ByteBuffer> take(long most) {
    long room = Math.min(most, limit - sent);
    List<ByteBuffer> parts = new ArrayList<>(2);
    while (room > 0 && !queue.isEmpty()) {
      ByteBuffer head = queue.element();
      int length = (int) Math.min(room, head.remaining());
      if (length == head.remaining()) {
        parts.add(queue.remove());
      } else {
        parts.add(head.slice(head.position(), length));
        head.position(head.position() + length);
      }
      room -= length;
      sent += length;
      queued -= length;
    }
    return parts;
  }
}
