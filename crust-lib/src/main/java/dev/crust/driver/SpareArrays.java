package dev.crust.driver;

import java.util.ArrayDeque;

/**
 * Arrays of one size, used again by whichever stream needs one next: new ones would have to be
 * cleared, and are never in the processor's cache. Thread-safe.
 */
final class SpareArrays {
  private final int size;
  private final int most;
  private final ArrayDeque<byte[]> spare = new ArrayDeque<>();

  /**
   * None at first.
   *
   * @param size of each, in bytes
   * @param most so many are kept
   */
  SpareArrays(int size, int most) {
    this.size = size;
    this.most = most;
  }

  /** How long each is, in bytes. */
  int size() {
    return size;
  }

  /** The one that came back last, with whatever was in it, or a new one. */
  byte[] take() {
    byte[] array;
    synchronized (spare) {
      array = spare.poll();
    }
    return array == null ? new byte[size] : array;
  }

  /** Gives back one of this size, which nobody uses any more; others are left to the collector. */
  void give(byte[] array) {
    if (array.length == size) {
      synchronized (spare) {
        if (spare.size() < most) {
          spare.push(array);
        }
      }
    }
  }
}
