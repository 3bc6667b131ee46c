package dev.crust.driver;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Room for what is written to a stream, used again when what it held is acknowledged: new arrays
 * would have to be cleared, and moved by the collector while they wait. Small writes that follow
 * each other share an array. Taken by the user's thread, in the order in which the pieces go on
 * their way; given back by a loop.
 */
final class Pieces {
  private static final int MAX_SPARE = 32;

  /**
   * A piece on its way.
   *
   * @param array what is free when the piece is acknowledged; null if that is nothing of ours
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Lent(byte @Nullable [] array, int length) {}

  private final int size;
  private final ArrayDeque<byte[]> spare = new ArrayDeque<>(1);
  private final ArrayDeque<Lent> lent = new ArrayDeque<>(1);
  private byte @Nullable [] open;
  private int used;
  private long acknowledged;

  /** Of arrays of this size. */
  Pieces(int size) {
    this.size = size;
  }

  /** A piece that goes on its way now, empty yet, of at most so many bytes and at least one. */
  synchronized ByteBuffer lend(int most) {
    if (open == null && lent.isEmpty() && most < size) {
      // Who writes little now and then would keep more than it uses.
      lent.add(new Lent(null, most));
      return ByteBuffer.allocate(most);
    }
    byte[] array = open;
    if (array == null) {
      array = spare.poll();
      array = array == null ? new byte[size] : array;
      used = 0;
    }
    int length = Math.min(most, size - used);
    ByteBuffer piece = ByteBuffer.wrap(array, used, length).slice();
    used += length;
    open = used < size ? array : null;
    lent.add(new Lent(used < size ? null : array, length));
    return piece;
  }

  /** A piece of somebody else's goes on its way. */
  synchronized void pass(int length) {
    lent.add(new Lent(null, length));
  }

  /** The peer has so many bytes more. */
  synchronized void onAcknowledged(int bytes) {
    acknowledged += bytes;
    for (Lent first = lent.peek();
        first != null && first.length <= acknowledged;
        first = lent.peek()) {
      lent.remove();
      acknowledged -= first.length;
      if (first.array != null && spare.size() < MAX_SPARE) {
        spare.add(first.array);
      }
    }
    if (lent.isEmpty()) {
      open = null;
      spare.clear();
    }
  }
}
