package dev.crust.proto.frame;

import dev.crust.proto.MalformedMessageException;
import java.nio.ByteBuffer;

/**
 * Cuts a stream of bytes into frames: varint length, type, body. A frame that arrives whole is
 * passed on without a copy. Of one that carries part of a message and arrives in pieces, each piece
 * is passed on as it comes; any other is put together first, in memory of bounded size.
 */
public final class FrameReader {
  /** The most that a frame may carry of a message, in bytes. */
  public static final int MAX_PART = 16 << 10;

  /** The largest frame, type and body, in bytes: a part and its header. */
  public static final int MAX_FRAME = MAX_PART + 16;

  private static final int MAX_LENGTH_BYTES = 3;

  /** So much of a frame holds its type and every header that may follow. */
  private static final int HEAD = 16;

  /** Who gets the frames. */
  public interface Frames {
    /**
     * A frame has arrived, or the beginning of one.
     *
     * @param type its type
     * @param body its body as far as it has come, valid during the call
     * @param missing how many bytes of the body are still to come, by {@link #onRest}; 0 except for
     *     frames that carry part of a message
     */
    void onFrame(int type, ByteBuffer body, int missing) throws MalformedMessageException;

    /**
     * More of the frame that came last has arrived.
     *
     * @param bytes what has come, valid during the call
     * @param missing how many bytes are still to come
     */
    void onRest(ByteBuffer bytes, int missing) throws MalformedMessageException;
  }

  private final Frames frames;
  private byte[] pending = new byte[HEAD];
  private int pendingLength;
  private int expected;
  private int missing;
  private int lengthSoFar;
  private int lengthBytes;

  /** A reader that passes frames on to this receiver. */
  public FrameReader(Frames frames) {
    this.frames = frames;
  }

  /**
   * Takes the next bytes of the stream, all of them.
   *
   * @throws MalformedMessageException if the stream breaks the protocol; the reader is of no use
   *     afterwards
   */
  public void read(ByteBuffer in) throws MalformedMessageException {
    while (in.hasRemaining()) {
      if (missing > 0) {
        ByteBuffer piece = take(in, Math.min(missing, in.remaining()));
        missing -= piece.remaining();
        frames.onRest(piece, missing);
      } else if (expected > 0 || readLength(in)) {
        readFrame(in);
      }
    }
  }

  private void readFrame(ByteBuffer in) throws MalformedMessageException {
    if (pendingLength == 0 && in.remaining() >= expected) {
      ByteBuffer frame = take(in, expected);
      expected = 0;
      frames.onFrame(frame.get() & 0xff, frame, 0);
    } else if (pendingLength == 0
        && in.remaining() >= HEAD
        && FrameType.streamed(in.get(in.position()))) {
      begin(take(in, in.remaining()));
    } else {
      gather(in);
    }
  }

  private void gather(ByteBuffer in) throws MalformedMessageException {
    int wanted = Math.min(expected, pendingLength < HEAD ? HEAD : expected);
    int step = Math.min(wanted - pendingLength, in.remaining());
    if (pending.length < wanted) {
      byte[] larger = new byte[wanted];
      System.arraycopy(pending, 0, larger, 0, pendingLength);
      pending = larger;
    }
    in.get(pending, pendingLength, step);
    pendingLength += step;
    ByteBuffer gathered = ByteBuffer.wrap(pending, 0, pendingLength);
    if (pendingLength == expected) {
      expected = 0;
      pendingLength = 0;
      frames.onFrame(gathered.get() & 0xff, gathered, 0);
    } else if (pendingLength == HEAD && FrameType.streamed(pending[0])) {
      pendingLength = 0;
      begin(gathered);
    }
  }

  private void begin(ByteBuffer start) throws MalformedMessageException {
    missing = expected - start.remaining();
    expected = 0;
    frames.onFrame(start.get() & 0xff, start, missing);
  }

  private static ByteBuffer take(ByteBuffer in, int length) {
    ByteBuffer slice = in.slice(in.position(), length);
    in.position(in.position() + length);
    return slice;
  }

  private boolean readLength(ByteBuffer in) throws MalformedMessageException {
    while (in.hasRemaining()) {
      byte b = in.get();
      lengthSoFar |= (b & 0x7f) << (7 * lengthBytes);
      lengthBytes++;
      if (b >= 0) {
        if (lengthSoFar == 0 || lengthSoFar > MAX_FRAME) {
          throw new MalformedMessageException(
              "a frame of %d bytes (1 to %d are allowed)".formatted(lengthSoFar, MAX_FRAME));
        }
        expected = lengthSoFar;
        lengthSoFar = 0;
        lengthBytes = 0;
        return in.hasRemaining();
      }
      if (lengthBytes == MAX_LENGTH_BYTES) {
        throw new MalformedMessageException("a frame's length takes too many bytes");
      }
    }
    return false;
  }
}
