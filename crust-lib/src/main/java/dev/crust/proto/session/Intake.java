package dev.crust.proto.session;

import dev.crust.proto.MalformedMessageException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Numbered frames on their way in, by several paths: each is taken once, in order.
 *
 * <p>Every path carries a sequence without gaps that begins with a frame which was not
 * acknowledged, so none can be missing. A frame may be half in when its path breaks, and come again
 * on another, even while the first goes on: its bytes are taken from whichever path is ahead.
 */
final class Intake {
  private static final long ACK_BYTES = 64 << 10;
  private static final Duration ACK_DELAY = Duration.ofMillis(5);

  /** Where a path stands in the sequence. */
  static final class Position {
    private long next = -1;
    private int offset;
  }

  private long accepted;
  private long acknowledged;
  private long bytesSinceAck;
  private @Nullable Instant ackDue;
  private boolean ackNow;

  /** The frame that is half in: its type, how much it carries, and how much of that has come. */
  private int type = -1;

  private int total;
  private int come;

  /** How many frames were accepted so far. */
  long accepted() {
    return accepted;
  }

  /** A NEXT frame has come on this path. */
  void onNext(Position position, long number) throws MalformedMessageException {
    if (number < 1 || number > accepted + 1) {
      throw new MalformedMessageException(
          "frame %d announced where %d is next".formatted(number, accepted + 1));
    }
    position.next = number;
  }

  /**
   * A frame has begun on this path.
   *
   * @return whether it is the one that is wanted next; if not, it was accepted before
   */
  boolean onFrame(Position position) throws MalformedMessageException {
    if (position.next < 0) {
      throw new MalformedMessageException("a numbered frame before its number");
    }
    position.offset = 0;
    return position.next++ > accepted;
  }

  /** Whether the frame that goes on, on this path, is still wanted. */
  boolean wanted(Position position) {
    return position.next == accepted + 2;
  }

  /** Whether the wanted frame has begun already, on another path. */
  boolean begun() {
    return type >= 0;
  }

  /** The wanted frame begins, and carries this much. */
  void begin(int newType, int payload) {
    type = newType;
    total = payload;
    come = 0;
  }

  /** The wanted frame begins again: it must be the same. */
  void again(int newType, int payload) throws MalformedMessageException {
    if (newType != type || payload != total) {
      throw new MalformedMessageException("a frame was repeated as another");
    }
  }

  /** Leaves in the buffer what is new of a piece that came on this path. */
  void skipKnown(Position position, ByteBuffer piece) {
    int known = Math.min(piece.remaining(), Math.max(0, come - position.offset));
    position.offset += piece.remaining();
    piece.position(piece.position() + known);
    come += piece.remaining();
    bytesSinceAck += piece.remaining();
  }

  /** How much of the wanted frame is still to come. */
  int missing() {
    return total - come;
  }

  /** The wanted frame is whole. */
  void complete() {
    accepted++;
    type = -1;
  }

  /** No more bytes are there to be read for now: the time to decide on an acknowledgement. */
  void onBatchRead(boolean midMessage, Instant now) {
    if (accepted == acknowledged) {
      return;
    }
    if ((!midMessage && type < 0) || bytesSinceAck >= ACK_BYTES) {
      ackNow = true;
    } else if (ackDue == null) {
      ackDue = now.plus(ACK_DELAY);
    }
  }

  @Nullable Instant deadline() {
    return ackDue;
  }

  void onTimeout(Instant now) {
    if (ackDue != null && !now.isBefore(ackDue)) {
      ackNow = accepted > acknowledged;
      ackDue = null;
    }
  }

  /** Whether an acknowledgement is to be written now. */
  boolean owesAck() {
    return ackNow;
  }

  /** Whatever was acknowledged on another path may have been lost with it. */
  void repeatAck() {
    ackNow = true;
  }

  /** The number for an ACK frame that is written now. */
  long acknowledge() {
    ackNow = false;
    ackDue = null;
    acknowledged = accepted;
    bytesSinceAck = 0;
    return accepted;
  }
}
