package dev.crust.proto.session;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One direction of a path: bytes arrive late, in other pieces than they were sent, or never. */
final class SimulatedWire {
  private static final class Chunk {
    final Instant due;
    final byte[] bytes;

    Chunk(Instant due, byte[] bytes) {
      this.due = due;
      this.bytes = bytes;
    }
  }

  private final ArrayDeque<Chunk> onTheWay = new ArrayDeque<>();
  private Instant last = Instant.EPOCH;
  private boolean cut;
  private boolean swallows;

  void write(byte[] bytes, Instant due) {
    if (!cut && !swallows && bytes.length > 0) {
      last = due.isBefore(last) ? last : due;
      onTheWay.add(new Chunk(last, bytes));
    }
  }

  /** What has arrived, at most so much of it; null if nothing has. */
  byte @Nullable [] read(int most, Instant now) {
    Chunk first = onTheWay.peek();
    if (first == null || now.isBefore(first.due)) {
      return null;
    }
    onTheWay.remove();
    int length = Math.min(most, first.bytes.length);
    if (length < first.bytes.length) {
      byte[] rest = Arrays.copyOfRange(first.bytes, length, first.bytes.length);
      onTheWay.addFirst(new Chunk(first.due, rest));
    }
    return Arrays.copyOf(first.bytes, length);
  }

  /** Nothing that is written from now on arrives, and nobody is told. */
  void swallow() {
    swallows = true;
  }

  /** Loses the last so many bytes on the way, and all that is written from now on. */
  void cut(int lost) {
    cut = true;
    int left = lost;
    while (left > 0 && !onTheWay.isEmpty()) {
      Chunk tail = onTheWay.removeLast();
      if (tail.bytes.length > left) {
        onTheWay.add(new Chunk(tail.due, Arrays.copyOf(tail.bytes, tail.bytes.length - left)));
      }
      left -= tail.bytes.length;
    }
  }

  /** Whether the end has arrived. */
  boolean atEnd() {
    return cut && onTheWay.isEmpty();
  }
}
