package dev.crust.natlab.sim;

import java.util.Arrays;

/** Bytes that are added at the end and dropped at the beginning. */
final class ByteQueue {
  private byte[] bytes = {};
  private int start;
  private int end;

  int length() {
    return end - start;
  }

  void add(byte[] data) {
    if (end + data.length > bytes.length) {
      int room = Math.max(2 * length(), length() + data.length);
      byte[] larger = new byte[room];
      System.arraycopy(bytes, start, larger, 0, length());
      end = length();
      start = 0;
      bytes = larger;
    }
    System.arraycopy(data, 0, bytes, end, data.length);
    end += data.length;
  }

  byte[] copy(int offset, int length) {
    return Arrays.copyOfRange(bytes, start + offset, start + offset + length);
  }

  void drop(int count) {
    start += count;
  }
}
