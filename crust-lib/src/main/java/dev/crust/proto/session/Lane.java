package dev.crust.proto.session;

import dev.crust.Message;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What waits to be sent at one priority: messages in order, and streams that take turns. */
final class Lane<R> {
  /** A message that waits. */
  static final class Outgoing<R> {
    final int priority;
    final int length;
    final ByteBuffer rest;
    final R receipt;
    final @Nullable Instant expires;
    boolean gone;

    Outgoing(Message message, R receipt, @Nullable Instant expires) {
      this.priority = message.priority();
      this.length = message.length();
      this.rest = message.buffer();
      this.receipt = receipt;
      this.expires = expires;
    }

    boolean untouched() {
      return rest.position() == 0;
    }
  }

  final ArrayDeque<Outgoing<R>> messages = new ArrayDeque<>(1);
  private final ArrayDeque<OutgoingStream> streams = new ArrayDeque<>(1);
  private boolean streamsTurn;

  boolean isEmpty() {
    return messages.isEmpty() && streams.isEmpty();
  }

  /** The stream has something to send, or will have when windows open. */
  void add(OutgoingStream stream) {
    if (!stream.inTurn()) {
      stream.inTurn(true);
      streams.add(stream);
    }
  }

  /** The stream whose turn it is, of those that can send; the others wait outside for a window. */
  @Nullable OutgoingStream nextStream(long room) {
    for (int turns = streams.size(); turns > 0; turns--) {
      OutgoingStream stream = streams.element();
      if (stream.sendable(room)) {
        return stream;
      }
      streams.remove();
      if (room > 0 || stream.queued() == 0) {
        stream.inTurn(false);
      } else {
        // The connection's window holds it up, which opens for all.
        streams.add(stream);
      }
    }
    return null;
  }

  /** The stream has had its turn. */
  void turned() {
    streams.add(streams.remove());
  }

  /** Whether streams go first this time: they and the messages take turns, too. */
  boolean streamsFirst() {
    return streamsTurn;
  }

  void streamsFirst(boolean nextTime) {
    streamsTurn = nextTime;
  }
}
