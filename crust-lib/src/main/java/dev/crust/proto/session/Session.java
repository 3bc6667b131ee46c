package dev.crust.proto.session;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.crust.Message;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.frame.Varint;
import dev.crust.proto.wire.Close;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The conversation on an admitted path: messages both ways, their acknowledgements and windows,
 * pings.
 *
 * <p>Frames come in by {@link #onFrame}, and go out by {@link #write}, which fills a buffer with
 * whatever is most urgent: acknowledgements, windows and pongs, then messages by priority.
 * Acknowledgements are cheap: one at once when nothing more is sure to come, else one for each 64
 * KiB or 5 ms.
 *
 * @param <R> what the caller gets back when a message is acknowledged
 */
public final class Session<R> {
  /** As many pings may be unanswered on each side. */
  public static final int MAX_PINGS = 64;

  private static final long ACK_BYTES = 64 << 10;
  private static final Duration ACK_DELAY = Duration.ofMillis(5);

  /** A control frame: length, type, and a number or eight bytes. */
  private static final int MAX_CONTROL = 2 + Varint.MAX_LENGTH;

  private static final long MAX_BATCH = 64 << 10;
  private static final long MIN_BATCH = 1 << 10;

  /** What comes of it. Called by the session from within its own methods. */
  public interface Listener<R> {
    /** A message has come in whole. */
    void onMessage(Message message);

    /** The peer's endpoint has accepted these messages. */
    void onAcknowledged(List<R> receipts);

    /** The answer to the ping with this number. */
    void onPong(long number);

    /** The peer ends the session. */
    void onClose(String reason, String detail);
  }

  private final Listener<R> listener;
  private final Inbox inbox;
  private final Outbox<R> outbox;
  private final ArrayDeque<Long> pings = new ArrayDeque<>();
  private final ArrayDeque<Long> pongs = new ArrayDeque<>();
  private @Nullable Instant ackDue;
  private boolean ackNow;

  /** A session in which each side keeps to the other's limits. */
  public Session(Limits ours, Limits theirs, Listener<R> listener) {
    this.inbox = new Inbox(ours);
    this.outbox = new Outbox<>(theirs.window());
    this.listener = listener;
  }

  /** Queues a message, which must be within the peer's limit. */
  public void send(Message message, R receipt) {
    outbox.add(message, receipt);
  }

  /** Queues a ping. */
  public void ping(long number) {
    pings.add(number);
  }

  /** The user is done with messages that came in and were charged this much. */
  public void onTaken(long charge) {
    inbox.onTaken(charge);
  }

  /**
   * A frame has come in. Types that this version does not know are skipped.
   *
   * @param missing how many bytes of it come later, by {@link #onRest}
   * @throws MalformedMessageException if it breaks the protocol; the session is over then
   */
  public void onFrame(int type, ByteBuffer body, int missing) throws MalformedMessageException {
    switch (type) {
      case FrameType.MESSAGE -> deliver(inbox.onStart(body, missing));
      case FrameType.MESSAGE_MORE -> deliver(inbox.onMore(body, missing));
      case FrameType.ACK -> {
        List<R> receipts = outbox.onAcknowledged(Varint.read(body));
        if (!receipts.isEmpty()) {
          listener.onAcknowledged(receipts);
        }
      }
      case FrameType.WINDOW -> outbox.onWindow(Varint.read(body));
      case FrameType.PING -> {
        if (pongs.size() == MAX_PINGS) {
          throw new MalformedMessageException("more than " + MAX_PINGS + " pings wait for a pong");
        }
        pongs.add(number(body));
      }
      case FrameType.PONG -> listener.onPong(number(body));
      case FrameType.CLOSE -> {
        Close close = parseClose(body);
        listener.onClose(close.getReason(), close.getDetail());
      }
      case FrameType.HELLO, FrameType.ADMIT ->
          throw new MalformedMessageException("a second greeting on one path");
      default -> {}
    }
  }

  /** More of the frame that came last. */
  public void onRest(ByteBuffer bytes, int missing) {
    deliver(inbox.onRest(bytes, missing));
  }

  /** Reads the body of a CLOSE frame. */
  public static Close parseClose(ByteBuffer body) throws MalformedMessageException {
    try {
      return Close.parseFrom(body);
    } catch (InvalidProtocolBufferException e) {
      throw new MalformedMessageException("a Close that is not well-formed");
    }
  }

  private void deliver(@Nullable Message message) {
    if (message != null) {
      listener.onMessage(message);
    }
  }

  private static long number(ByteBuffer body) throws MalformedMessageException {
    if (body.remaining() != Long.BYTES) {
      throw new MalformedMessageException(
          "a ping of %d bytes instead of %d".formatted(body.remaining(), Long.BYTES));
    }
    return body.getLong();
  }

  /** No more bytes are there to be read for now: the time to decide on acknowledgements. */
  public void onBatchRead(Instant now) {
    if (!inbox.owesAck()) {
      return;
    }
    if (!inbox.midMessage() || inbox.bytesSinceAck() >= ACK_BYTES) {
      ackNow = true;
    } else if (ackDue == null) {
      ackDue = now.plus(ACK_DELAY);
    }
  }

  /** When {@link #onTimeout} should be called next; null for never. */
  public @Nullable Instant deadline() {
    return ackDue;
  }

  /** Time has passed. */
  public void onTimeout(Instant now) {
    if (ackDue != null && !now.isBefore(ackDue)) {
      ackNow = inbox.owesAck();
      ackDue = null;
    }
  }

  /** Whether {@link #write} has something to write. */
  public boolean hasOutput() {
    return ackNow
        || inbox.owesWindow()
        || !pongs.isEmpty()
        || !pings.isEmpty()
        || outbox.hasFrame();
  }

  /** Room for what there is to write now, and at most for a batch of frames, in bytes. */
  public int outputSize() {
    return (int) Math.min(MAX_BATCH, MIN_BATCH + outbox.pendingBytes());
  }

  /** Writes frames until there are no more or the next does not fit. */
  public void write(ByteBuffer out) {
    if (ackNow && out.remaining() >= MAX_CONTROL) {
      ackNow = false;
      ackDue = null;
      writeNumber(out, FrameType.ACK, inbox.acknowledge());
    }
    if (inbox.owesWindow() && out.remaining() >= MAX_CONTROL) {
      writeNumber(out, FrameType.WINDOW, inbox.grant());
    }
    writePings(out, FrameType.PONG, pongs);
    writePings(out, FrameType.PING, pings);
    while (outbox.write(out)) {
      // Each turn is a frame.
    }
  }

  private static void writePings(ByteBuffer out, int type, ArrayDeque<Long> numbers) {
    while (!numbers.isEmpty() && out.remaining() >= MAX_CONTROL) {
      out.put((byte) (1 + Long.BYTES));
      out.put((byte) type);
      out.putLong(numbers.remove());
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
