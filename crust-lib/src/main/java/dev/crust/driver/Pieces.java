package dev.crust.driver;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Arrays for what is written to a stream, used again when what they held is acknowledged: new ones
 * would have to be cleared, and moved by the collector while they wait. Taken by the user's thread,
 * given back by a loop.
 */
final class Pieces {
  private static final int MAX_SPARE = 32;

  private static final class Lent {
    final byte @Nullable [] array;
    final int length;

    Lent(byte @Nullable [] array, int length) {
      this.array = array;
      this.length = length;
    }
  }

  private final int size;
  private final ArrayDeque<byte[]> spare = new ArrayDeque<>();
  private final ArrayDeque<Lent> lent = new ArrayDeque<>();
  private long acknowledged;

  /** Of pieces of this size. */
  Pieces(int size) {
    this.size = size;
  }

  /** An array of this length at least; a small one is not worth keeping. */
  byte[] take(int length) {
    if (length < size / 4) {
      return new byte[length];
    }
    synchronized (this) {
      byte[] array = spare.poll();
      return array == null ? new byte[size] : array;
    }
  }

  /** An array goes on its way, with so many bytes; null for one that is not to come back. */
  synchronized void lent(byte @Nullable [] array, int length) {
    lent.add(new Lent(array, length));
  }

  /** The peer has so many bytes more. */
  synchronized void onAcknowledged(int bytes) {
    acknowledged += bytes;
    for (Lent first = lent.peek();
        first != null && first.length <= acknowledged;
        first = lent.peek()) {
      lent.remove();
      acknowledged -= first.length;
      if (first.array != null && first.array.length == size && spare.size() < MAX_SPARE) {
        spare.add(first.array);
      }
    }
  }
}
