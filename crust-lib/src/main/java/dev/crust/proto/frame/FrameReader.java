package dev.crust.proto.frame;

import dev.crust.proto.MalformedMessageException;
import java.nio.ByteBuffer;

/**
 * Cuts a stream of bytes into frames: varint length, type, body. A frame that arrives whole is
 * passed on without a copy; one that arrives in pieces is put together in a buffer of fixed size.
 */
public final class FrameReader {
  /** The largest frame, type and body, in bytes. */
  public static final int MAX_FRAME = 16_384;

  private static final int MAX_LENGTH_BYTES = 3;

  /** Who gets the frames. */
  @FunctionalInterface
  public interface Frames {
    /**
     * A frame has arrived.
     *
     * @param type its type
     * @param body its body, valid during the call
     */
    void onFrame(int type, ByteBuffer body) throws MalformedMessageException;
  }

  private final Frames frames;
  private byte[] pending = new byte[0];
  private int pendingLength;
  private int expected = -1;
  private int expectedBits;
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
      if (expected < 0 && !readLength(in)) {
        return;
      }
      if (pendingLength == 0 && in.remaining() >= expected) {
        int end = in.position() + expected;
        pass(in.slice(in.position(), expected));
        in.position(end);
      } else {
        int step = Math.min(expected - pendingLength, in.remaining());
        if (pending.length < expected) {
          byte[] larger = new byte[Math.max(expected, Math.min(MAX_FRAME, 2 * pending.length))];
          System.arraycopy(pending, 0, larger, 0, pendingLength);
          pending = larger;
        }
        in.get(pending, pendingLength, step);
        pendingLength += step;
        if (pendingLength == expected) {
          pendingLength = 0;
          pass(ByteBuffer.wrap(pending, 0, expected));
        }
      }
    }
  }

  private boolean readLength(ByteBuffer in) throws MalformedMessageException {
    while (in.hasRemaining()) {
      byte b = in.get();
      expectedBits |= (b & 0x7f) << (7 * lengthBytes);
      lengthBytes++;
      if (b >= 0) {
        if (expectedBits == 0 || expectedBits > MAX_FRAME) {
          throw new MalformedMessageException(
              "a frame of %d bytes (1 to %d are allowed)".formatted(expectedBits, MAX_FRAME));
        }
        expected = expectedBits;
        expectedBits = 0;
        lengthBytes = 0;
        return true;
      }
      if (lengthBytes == MAX_LENGTH_BYTES) {
        throw new MalformedMessageException("a frame's length takes too many bytes");
      }
    }
    return false;
  }

  private void pass(ByteBuffer frame) throws MalformedMessageException {
    expected = -1;
    int type = frame.get() & 0xff;
    frames.onFrame(type, frame);
  }
}
