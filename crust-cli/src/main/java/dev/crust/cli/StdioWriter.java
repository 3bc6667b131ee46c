package dev.crust.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * What one side of a stdio stream says: pieces of its input, each after its length (4 bytes,
 * big-endian); that its input has ended; and that all of the other side's is out. Without the last
 * a sender could not tell what was delivered from what was lost on the way. Thread-safe.
 */
final class StdioWriter {
  /** As much as goes in one piece. */
  static final int PIECE = 64 << 10;

  /** In place of a length: the input has ended, nothing of it is missing. */
  static final int END = 0;

  /** In place of a length: all that came before the other side's END is out. */
  static final int RECEIVED = -1;

  private final OutputStream out;
  private volatile boolean endSaid;

  StdioWriter(OutputStream out) {
    this.out = out;
  }

  /** Says a piece of the input. Returns false, and says nothing, after the end. */
  synchronized boolean piece(byte[] bytes, int length) throws IOException {
    if (endSaid) {
      return false;
    }
    ByteBuffer framed = ByteBuffer.allocate(Integer.BYTES + length);
    out.write(framed.putInt(length).put(bytes, 0, length).array());
    return true;
  }

  /** Says that the input has ended. Idempotent. */
  synchronized void end() throws IOException {
    if (!endSaid) {
      endSaid = true;
      mark(END);
    }
  }

  /** Whether the end was said. */
  boolean endSaid() {
    return endSaid;
  }

  /** Says that all of the other side's input is out. */
  synchronized void received() throws IOException {
    mark(RECEIVED);
  }

  private void mark(int what) throws IOException {
    out.write(ByteBuffer.allocate(Integer.BYTES).putInt(what).array());
  }
}
