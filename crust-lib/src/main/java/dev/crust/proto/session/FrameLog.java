package dev.crust.proto.session;

import dev.crust.proto.MalformedMessageException;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The numbered frames that are not acknowledged, in order, and how far the present path has come
 * with them. What it holds is bounded by the windows and by what the caller lets be sent.
 */
final class FrameLog<R> {
  private static final int SMALLEST = 4;

  @SuppressWarnings({"unchecked", "rawtypes"})
  private @Nullable OutFrame<R>[] ring = new OutFrame[SMALLEST];

  private long acknowledged;
  private long written;
  private long last;

  /** The number of the frame that was acknowledged last; 0 for none. */
  long acknowledged() {
    return acknowledged;
  }

  /** Whether the path that is in use has not carried all frames. */
  boolean behind() {
    return written < last;
  }

  /** How many frames wait for their acknowledgement. */
  long size() {
    return last - acknowledged;
  }

  /** Whether frames wait for their acknowledgement. */
  boolean outstanding() {
    return acknowledged < last;
  }

  /** A new frame, which is written at once; the path must not be behind. */
  void append(OutFrame<R> frame) {
    if (last - acknowledged == ring.length) {
      grow();
    }
    last++;
    written = last;
    ring[slot(last)] = frame;
  }

  /** The frame to be repeated next. */
  OutFrame<R> next() {
    return get(written + 1);
  }

  /** It was written. */
  void advance() {
    written++;
  }

  /**
   * Another path is used from now on: it begins with what is not acknowledged.
   *
   * @return the number of its first frame
   */
  long rewind() {
    written = acknowledged;
    return acknowledged + 1;
  }

  /**
   * The peer has accepted this many frames so far; a smaller number than before changes nothing.
   *
   * @param each called for every frame that is acknowledged by that, in order
   * @return whether frames need not be repeated that were to be: the next has another number than
   *     the path would make of it
   * @throws MalformedMessageException if it claims more than were sent
   */
  boolean onAcknowledged(long count, Consumer<OutFrame<R>> each) throws MalformedMessageException {
    if (count > last) {
      throw new MalformedMessageException(
          "%d frames acknowledged of %d sent".formatted(count, last));
    }
    while (acknowledged < count) {
      OutFrame<R> frame = get(acknowledged + 1);
      acknowledged++;
      ring[slot(acknowledged)] = null;
      each.accept(frame);
    }
    boolean skips = written < acknowledged;
    written = Math.max(written, acknowledged);
    return skips;
  }

  /** Takes out everything. */
  void drain(Consumer<OutFrame<R>> each) {
    while (acknowledged < last) {
      OutFrame<R> frame = get(acknowledged + 1);
      acknowledged++;
      each.accept(frame);
    }
    written = last;
    Arrays.fill(ring, null);
  }

  private OutFrame<R> get(long number) {
    OutFrame<R> frame = ring[slot(number)];
    if (frame == null) {
      throw new IllegalStateException("frame " + number + " is not in the log");
    }
    return frame;
  }

  private int slot(long number) {
    return (int) (number & (ring.length - 1));
  }

  private void grow() {
    @Nullable OutFrame<R>[] old = ring;
    ring = Arrays.copyOf(old, 2 * old.length);
    Arrays.fill(ring, null);
    for (long number = acknowledged + 1; number <= last; number++) {
      ring[slot(number)] = old[(int) (number & (old.length - 1))];
    }
  }
}
