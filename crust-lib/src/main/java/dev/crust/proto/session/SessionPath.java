package dev.crust.proto.session;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.frame.Varint;
import dev.crust.proto.wire.Close;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;

/**
 * What a session knows of one of its paths: where it stands in the sequence of frames that come in,
 * and the pings on it. Paths that are not in use carry pings alone.
 *
 * @param <R> as of the session
 */
public final class SessionPath<R> {
  /** As many pings may be unanswered on each side. */
  public static final int MAX_PINGS = 64;

  /** The longest body of a ping, in bytes: that of a frame which no small MTU lets pass. */
  public static final int MAX_PING = 4096;

  /** A control frame: length, type, and a number or eight bytes. */
  static final int MAX_CONTROL = 2 + Varint.MAX_LENGTH;

  private record Ping(long number, int padding) {
    int size() {
      return MAX_CONTROL + 2 + padding;
    }
  }

  private final Session<R> session;
  private final Intake.Position position = new Intake.Position();
  private final ArrayDeque<Ping> pings = new ArrayDeque<>(1);
  private final ArrayDeque<Ping> pongs = new ArrayDeque<>(1);

  SessionPath(Session<R> session) {
    this.session = session;
  }

  Intake.Position position() {
    return position;
  }

  /** Queues a ping. */
  public void ping(long number) {
    pings.add(new Ping(number, 0));
  }

  /** Queues a ping that is long both ways, so that its answer proves more than a short one's. */
  public void longPing(long number) {
    pings.add(new Ping(number, MAX_PING - Long.BYTES));
  }

  /**
   * A frame has come in. Types that this version does not know are skipped.
   *
   * @param missing how many bytes of it come later, by {@link #onRest}
   * @throws MalformedMessageException if it breaks the protocol; the session is over then
   */
  public void onFrame(int type, ByteBuffer body, int missing) throws MalformedMessageException {
    if (FrameType.numbered(type)) {
      session.onNumbered(this, type, body, missing);
      return;
    }
    switch (type) {
      case FrameType.NEXT -> session.onNext(this, Varint.read(body));
      case FrameType.ACK -> session.onAcknowledged(Varint.read(body));
      case FrameType.WINDOW -> session.onWindow(Varint.read(body));
      case FrameType.STREAMS_WINDOW -> session.onStreamsWindow(Varint.read(body));
      case FrameType.PING -> {
        if (pongs.size() == MAX_PINGS) {
          throw new MalformedMessageException("more than " + MAX_PINGS + " pings wait for a pong");
        }
        pongs.add(ping(body));
      }
      case FrameType.PONG -> session.onPong(this, ping(body).number);
      case FrameType.CLOSE -> {
        Close close = parseClose(body);
        session.onClose(this, close.getReason(), close.getDetail());
      }
      case FrameType.HELLO, FrameType.ADMIT ->
          throw new MalformedMessageException("a second greeting on one path");
      default -> {}
    }
  }

  /** More of the frame that came last. */
  public void onRest(ByteBuffer bytes, int missing) throws MalformedMessageException {
    session.onRest(this, bytes);
  }

  /** No more bytes are there to be read for now: the time to decide on acknowledgements. */
  public void onBatchRead(Instant now) {
    session.onBatchRead(now);
  }

  /** Reads the body of a CLOSE frame. */
  public static Close parseClose(ByteBuffer body) throws MalformedMessageException {
    try {
      return Close.parseFrom(body);
    } catch (InvalidProtocolBufferException e) {
      throw new MalformedMessageException("a Close that is not well-formed");
    }
  }

  private static Ping ping(ByteBuffer body) throws MalformedMessageException {
    if (body.remaining() < Long.BYTES || body.remaining() > MAX_PING) {
      throw new MalformedMessageException(
          "a ping of %d bytes (%d to %d are allowed)"
              .formatted(body.remaining(), Long.BYTES, MAX_PING));
    }
    return new Ping(body.getLong(), body.remaining());
  }

  /** Whether {@link #write} has something to write. */
  public boolean hasOutput() {
    return !pongs.isEmpty() || !pings.isEmpty() || session.hasOutput(this);
  }

  /** Whether {@link #onRoom} is to be told before more is written: urgent things are under way. */
  public boolean asksForRoom() {
    return session.asksForRoom(this);
  }

  /** Of what is written now, so many bytes leave this host at once, as far as one can tell. */
  public void onRoom(long bytes) {
    session.onRoom(this, bytes);
  }

  /** Room for what there is to write now, and at most for a batch of frames, in bytes. */
  public int outputSize() {
    int first = pongs.isEmpty() ? 0 : pongs.element().size();
    return Math.max(first, pings.isEmpty() ? 0 : pings.element().size()) + session.outputSize(this);
  }

  /** Writes frames until there are no more or the next does not fit. */
  public void write(ByteBuffer out, Instant now) {
    session.writeControls(this, out);
    writePings(out, FrameType.PONG, pongs);
    writePings(out, FrameType.PING, pings);
    session.writeFrames(this, out, now);
  }

  private static void writePings(ByteBuffer out, int type, ArrayDeque<Ping> waiting) {
    while (!waiting.isEmpty() && out.remaining() >= waiting.element().size()) {
      Ping ping = waiting.remove();
      Varint.write(out, 1 + Long.BYTES + ping.padding);
      out.put((byte) type);
      out.putLong(ping.number);
      for (int i = 0; i < ping.padding; i++) {
        out.put((byte) 0);
      }
    }
  }
}
